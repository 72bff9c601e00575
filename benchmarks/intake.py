"""The time that recording an event adds to the transaction of the fraud intake."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from sqlalchemy.orm import Session

from app.bootstrap import Container, build
from app.customers.identify import identify
from app.customers.identity import Identity
from app.fraud.customer_messages import CustomerMessage
from app.fraud.intake import receive
from app.fraud.models import OtpChallenge, VerificationJob
from app.fraud.otp import hash_code
from benchmarks.lab import Lab
from benchmarks.results import Report, Row, ratios

_CODE = "493027"
_BLOCK = 40
"""The number of consecutive transactions of one kind.

A single transaction would also wait for the WAL writes of the other kind before it.
"""


def run(lab: Lab, report: Report, *, rounds: int) -> Iterator[str]:
    """Measure the row for the intake; yield each step in words."""
    times: dict[bool, list[float]] = {True: [], False: []}
    with lab.database() as database:
        container = build(lab.settings(database), process="intake")
        for number in range(-1, rounds):
            yield f"intake: round {max(number + 1, 0)} of {rounds}"
            for with_event in (True, False):
                seconds = _median_intake(container, with_event=with_event)
                if number >= 0:
                    times[with_event].append(seconds)
        container.close()
    report.numbers["intake in ms"] = {
        "with its event": [1000 * each for each in times[True]],
        "without": [1000 * each for each in times[False]],
    }
    report.add(
        Row(
            what="fraud intake's transaction with its event, compared with without",
            samples=ratios(times[True], times[False]),
            bar=1.15,
            note="the message with the correct code: case, reply and event",
        )
    )


def _median_intake(container: Container, *, with_event: bool) -> float:
    """Return the median seconds of a block of intakes, from BEGIN to the end of COMMIT."""
    senders = [f"+346{time.monotonic_ns() % 10**6:06d}{number:02d}" for number in range(_BLOCK)]
    with container.sessions.begin() as session:
        for sender in senders:
            _await_code(session, container, sender)
    without = patch("app.fraud.cases.record_event")
    with nullcontext() if with_event else without:
        times = sorted(_intake(container, sender) for sender in senders)
    return times[len(times) // 2]


def _await_code(session: Session, container: Container, sender: str) -> None:
    customer = identify(session, Identity(number=sender), vault=container.vault)
    verification = VerificationJob(
        customer_id=customer.id,
        language="en",
        report="I got a call from someone who said they were my bank.",
    )
    session.add(verification)
    session.flush()
    kept = hash_code(_CODE, verification_id=verification.id, vault=container.vault)
    session.add(
        OtpChallenge(
            verification_job_id=verification.id,
            salt=kept.salt,
            code_hash=kept.code_hash,
            expires_at=datetime.now(UTC) + timedelta(minutes=10),
        )
    )


def _intake(container: Container, sender: str) -> float:
    message = CustomerMessage(
        provider_message_id=f"wamid.{sender}",
        sender=Identity(number=sender),
        kind="text",
        text=_CODE,
    )
    started = time.perf_counter()
    with container.sessions.begin() as session:
        receive(
            session,
            message,
            vault=container.vault,
            now=datetime.now(UTC),
            limits=container.inbound.limits,
        )
    return time.perf_counter() - started
