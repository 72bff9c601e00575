"""The items about one customer, for the search by a number or a user id."""

from sqlalchemy import text

from app.bootstrap import Container
from app.dispatch.dispatch import dispatch_due
from app.outbox.events import OutboundFailedMaxAttempts
from app.outbox.record import record_event
from app.timeline.customer_items import items_of_customer

CUSTOMERS = """
INSERT INTO cc_customers (number_encrypted, number_fingerprint, masked)
VALUES ('sealed', 'first', '••• 0147'), ('sealed', 'second', '••• 0148')
"""
JOBS = """
INSERT INTO cc_outbound_jobs (kind, customer_id, text_encrypted, status, attempts, budget,
    next_attempt_at, failed_at)
VALUES ('text', 1, 'sealed', 'failed', 5, 3, NULL, now()),
       ('text', 2, 'sealed', 'failed', 5, 1, NULL, now())
"""


def test_every_failure_of_a_message_is_found_also_after_retries(container: Container) -> None:
    failures = [(1, 1), (1, 2), (1, 3), (2, 1)]
    with container.sessions.begin() as session:
        session.execute(text(CUSTOMERS))
        session.execute(text(JOBS))
        for job_id, budget in failures:
            event = OutboundFailedMaxAttempts(
                job_id=job_id, masked_phone="••• 0147", attempts=5, reason="Away", budget=budget
            )
            record_event(session, event)
    assert dispatch_due(container.dispatcher).sent == len(failures)
    with container.sessions.begin() as session:
        assert set(items_of_customer(session, 1)) == {1, 2, 3}
        assert items_of_customer(session, 2) == (4,)
