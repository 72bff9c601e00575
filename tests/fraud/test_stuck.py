"""Stuck verifications are recorded once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.database import Sessions
from app.core.errors import InvalidInput
from app.fraud.stuck import StuckResult, check_otp_stuck
from tests.whatsapp import REPORT, Customer, Read


def age(read: Read, minutes: int) -> None:
    read(
        "UPDATE cc_verification_jobs SET created_at = now() - make_interval(mins => :minutes)",
        minutes=minutes,
    )


def test_a_verification_older_than_the_threshold_is_recorded_once(
    customer: Customer, sessions: Sessions, read: Read
) -> None:
    customer.write(REPORT)
    age(read, 31)
    assert check_otp_stuck(sessions, threshold_minutes=30) == StuckResult(1, 1)
    assert check_otp_stuck(sessions, threshold_minutes=30) == StuckResult(1, 0)
    assert check_otp_stuck(sessions, threshold_minutes=5) == StuckResult(1, 0)
    (event,) = read("SELECT dedupe_key, payload FROM cc_automation_events")
    (job,) = read("SELECT id FROM cc_outbound_jobs")
    assert event["dedupe_key"].startswith("otp_verification_stuck:")
    assert event["payload"]["waiting_minutes"] == 31
    assert event["payload"]["masked_phone"] == "••• 1222"
    assert event["payload"]["last_message_id"] == job["id"]


def test_a_verification_within_the_threshold_is_not_stuck(
    customer: Customer, sessions: Sessions, read: Read
) -> None:
    customer.write(REPORT)
    age(read, 29)
    assert check_otp_stuck(sessions, threshold_minutes=30) == StuckResult(0, 0)


def test_a_closed_verification_is_not_stuck(
    customer: Customer, sessions: Sessions, read: Read
) -> None:
    customer.write(REPORT)
    customer.write("CANCEL")
    age(read, 60)
    assert check_otp_stuck(sessions, threshold_minutes=30) == StuckResult(0, 0)


def test_many_are_recorded_together(sessions: Sessions, read: Read) -> None:
    read(
        """
        WITH customer AS (
            INSERT INTO cc_customers (number_encrypted, number_fingerprint, masked)
            SELECT 'x', n::text, '••• 0000' FROM generate_series(1, 3000) AS n RETURNING id)
        INSERT INTO cc_verification_jobs (customer_id, language, report, created_at)
        SELECT id, 'en', 'fraud', now() - interval '1 hour' FROM customer
        """
    )
    assert check_otp_stuck(sessions, threshold_minutes=30) == StuckResult(3000, 3000)


def test_concurrent_checks_record_once(customer: Customer, sessions: Sessions, read: Read) -> None:
    customer.write(REPORT)
    age(read, 31)
    with ThreadPoolExecutor(4) as pool:
        results = pool.map(lambda _: check_otp_stuck(sessions, threshold_minutes=30), range(4))
    assert sum(result.recorded for result in results) == 1


@pytest.mark.parametrize("minutes", [-1, 0, 10_081])
def test_a_threshold_out_of_range_is_refused(sessions: Sessions, minutes: int) -> None:
    with pytest.raises(InvalidInput, match="10080") as refusal:
        check_otp_stuck(sessions, threshold_minutes=minutes)
    assert refusal.value.field == "stuckMinutesThreshold"
