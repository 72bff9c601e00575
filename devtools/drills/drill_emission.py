"""Drill 2, emission: a business change records one event, with redacted text."""

import secrets
from collections.abc import Sequence

from app.outbox.events import CATALOGUE
from app.outbox.record import record_event
from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.customer import Customer, new_number
from devtools.drills.evidence import Row
from devtools.drills.failing_work import INVALID_RECIPIENT, outbound_timeout, submit_failing_job

EVENT = """
    SELECT event_type, dedupe_key, subject_ref, jsonb_pretty(payload) AS payload
    FROM cc_automation_events WHERE subject_ref = :subject
"""
TOGETHER = """
    SELECT c.id AS case_id, c.created_at = e.created_at AS same_moment
    FROM cc_fraud_cases AS c JOIN cc_automation_events AS e ON e.subject_ref = 'case:' || c.id
    WHERE c.id = :case
"""
COUNT = """
    SELECT dedupe_key, count(*) FROM cc_automation_events
    WHERE subject_ref = :subject GROUP BY 1
"""
OF_CUSTOMER = """
    SELECT (SELECT count(*) FROM cc_inbound_messages
            WHERE message_fingerprint = :message) AS messages,
           (SELECT count(*) FROM cc_fraud_cases AS fraud_case
            JOIN cc_customers AS customer ON customer.id = customer_id
            WHERE number_fingerprint = :phone) AS cases
"""
INVENTED_CODE = "482913"


def run(recorder: CheckRecorder) -> None:
    """Record two types of event through their producers, then record each a second time."""
    job = submit_failing_job(recorder)
    case = _fraud_case(recorder)
    _record_again(recorder, "fraud_case_created", f"case:{case}")
    _failed_message(recorder, job)
    _record_again(recorder, "outbound_failed_max_attempts", f"outbound:{job}")


def _fraud_case(recorder: CheckRecorder) -> int:
    customer, other_number = Customer(recorder.target), new_number()
    recorder.target.seen.codes.add(INVENTED_CODE)
    recorder.target.seen.numbers.add(other_number)
    words = (
        f"Fraud! {other_number} called me, wanted the code {INVENTED_CODE}, and emptied my account"
    )
    code, message = customer.report(words), f"wamid.DRILL{secrets.token_hex(8).upper()}"
    customer.write(code, message_id=message)
    case = customer.await_case()
    secret = (other_number.lstrip("+"), customer.number.lstrip("+"), INVENTED_CODE, code)
    recorder.check_rows(
        "A report with a code and a telephone number becomes an event that contains neither",
        EVENT,
        lambda rows: (
            [row[:2] for row in rows] == [("fraud_case_created", f"fraud_case_created:{case}")]
            and customer.masked in rows[0][3]
            and not any(word in str(rows) for word in secret)
        ),
        subject=f"case:{case}",
    )
    _show_one_transaction(recorder, case)
    status = customer.write(code, message_id=message)
    recorder.check_rows(
        f"A repeated webhook ({status}) changes nothing",
        OF_CUSTOMER,
        [(1, 1)],
        message=recorder.target.container.vault.fingerprint("message", message),
        phone=customer.fingerprint,
    )
    return case


def _show_one_transaction(recorder: CheckRecorder, case: int) -> None:
    recorder.check_rows(
        "Case and event have the same time of creation, that of their transaction",
        TOGETHER,
        [(case, True)],
        case=case,
    )


def _failed_message(recorder: CheckRecorder, job: int) -> None:
    digits = INVALID_RECIPIENT.lstrip("+")
    recorder.check_rows(
        "A message that has used its last attempt records an event with a masked number",
        EVENT,
        lambda rows: _is_failure(rows, job) and digits not in str(rows),
        within=outbound_timeout(recorder.target.settings),
        required=True,
        subject=f"outbound:{job}",
    )


def _is_failure(rows: Sequence[Row], job: int) -> bool:
    key = f"outbound_failed_max_attempts:{job}"
    return [row[:2] for row in rows] == [("outbound_failed_max_attempts", key)]


def _record_again(recorder: CheckRecorder, event_type: str, subject: str) -> None:
    payload = recorder.read(
        "SELECT payload FROM cc_automation_events WHERE subject_ref = :subject", subject=subject
    )[0][0]
    with recorder.target.container.sessions.begin() as session:
        again = record_event(session, CATALOGUE[event_type](**payload))
    recorder.record(
        "Recording the same event again writes nothing and returns None",
        passed=again is None,
        source=f"record_event(session, {CATALOGUE[event_type].__name__}(…)) about {subject}",
        columns=("returned",),
        rows=[(repr(again),)],
        expected="None",
    )
    recorder.check_rows(
        "There is still one event with this dedupe key",
        COUNT,
        [(f"{event_type}:{subject.partition(':')[2]}", 1)],
        subject=subject,
    )
