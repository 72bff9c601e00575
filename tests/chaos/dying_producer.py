"""A producer that is killed between its business write and its event, or before the commit."""

import os
import signal

from sqlalchemy import insert

from app.bootstrap import build
from app.core.settings import Settings
from app.fraud.models import InboundMessage
from app.outbox.record import record_event
from tests.dispatch.conftest import a_fraud_case


def produce_and_die(crash: str) -> None:
    """Kill this process in the transaction of a producer, at the moment that `crash` names."""
    message = insert(InboundMessage).values(
        message_fingerprint="case:999999", customer_id=1, kind="text"
    )
    container = build(Settings.load(), process="dying-producer")
    with container.sessions.begin() as session:
        session.execute(message)
        if crash == "before_commit":
            record_event(session, a_fraud_case(999_999))
            session.flush()
        os.kill(os.getpid(), signal.SIGKILL)
