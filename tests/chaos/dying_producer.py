"""A producer that is killed between its business write and its event, or before the commit."""

import os
import signal
import sys

from sqlalchemy import insert

from app.bootstrap import build
from app.core.settings import Settings
from app.fraud.models import InboundMessage
from app.outbox.record import record_event
from tests.dispatch.conftest import a_fraud_case

container = build(Settings.load(), process="dying-producer")
with container.sessions.begin() as session:
    session.execute(
        insert(InboundMessage).values(message_fingerprint="case:999999", customer_id=1, kind="text")
    )
    if sys.argv[1] == "before_commit":
        record_event(session, a_fraud_case(999_999))
        session.flush()
    os.kill(os.getpid(), signal.SIGKILL)
