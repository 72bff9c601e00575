"""The limits on wrong codes and on the codes and answers of a day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.bootstrap import Container
from app.dispatch.dispatch import dispatch_due
from app.fraud.guess_limits import PER_CUSTOMER, Guesses
from tests.whatsapp import OTHER_CUSTOMER, REPORT, Customer, Read, wrong

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY_AGO = "UPDATE cc_inbound_messages SET created_at = created_at - interval '24 hours'"


def rest_after(wrong_codes: int, *, of_all: int = 0, ago: timedelta = timedelta()) -> timedelta:
    """The rest after so many wrong codes, all entered `ago` the moment NOW."""
    own = [NOW - ago] * wrong_codes
    return Guesses(now=NOW, own=own, of_all=of_all).rest(per_day=100)


@pytest.mark.parametrize(
    "wrong_codes, minutes", [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 1440)]
)
def test_rests_grow_and_the_tenth_wrong_code_is_the_last_of_the_day(
    wrong_codes: int, minutes: int
) -> None:
    assert rest_after(wrong_codes) == minutes * MINUTE


def test_a_rest_ends() -> None:
    assert rest_after(6, ago=MINUTE) == MINUTE
    assert rest_after(6, ago=2 * MINUTE) == timedelta()


def test_above_the_common_limit_each_customer_has_one_wrong_code_a_day() -> None:
    assert rest_after(0, of_all=100) == timedelta()
    assert rest_after(1, of_all=99) == timedelta()
    assert rest_after(1, of_all=100) == timedelta(days=1)


def guess(customer: Customer) -> str:
    """Report, enter the code of another report, withdraw; return the decision on the code."""
    customer.write(REPORT)
    decision = customer.write(wrong(customer.code()))
    customer.write("CANCEL")
    return decision


def pass_time(read: Read, minutes: int) -> None:
    """Move what customers wrote and got into the past."""
    for table in ("cc_inbound_messages", "cc_outbound_jobs"):
        read(
            f"UPDATE {table} SET created_at = created_at - make_interval(mins => :minutes)",
            minutes=minutes,
        )


def test_cancel_and_a_new_report_do_not_reset_the_guesses(customer: Customer, read: Read) -> None:
    decisions = []
    for _ in range(6):
        decisions.append(guess(customer))
        read("UPDATE cc_outbound_jobs SET created_at = created_at - interval '15 minutes'")
    assert decisions == ["CountWrongCode"] * 5 + ["Rest"]


def test_a_customer_guesses_ten_codes_a_day_at_most(customer: Customer, read: Read) -> None:
    decisions = []
    for _ in range(16):
        decisions.append(guess(customer))
        pass_time(read, 17)
    assert decisions.count("CountWrongCode") == PER_CUSTOMER
    assert set(decisions[PER_CUSTOMER:]) <= {"Rest", "NoneType", "Answer"}


def test_a_right_code_is_not_compared_during_a_rest_and_opens_its_case_after_it(
    customer: Customer, read: Read
) -> None:
    customer.write(REPORT)
    bad = wrong(customer.code())
    assert [customer.write(bad) for _ in range(5)][-1] == "Exhaust"
    customer.write(REPORT)
    code = customer.code()
    assert customer.write(code) == "Rest"
    customer.run()
    assert "wait 1 min" in customer.inbox()[-1]
    read("UPDATE cc_inbound_messages SET created_at = created_at - interval '1 minute'")
    assert customer.write(code) == "Verify"


def test_a_code_in_a_rest_is_no_guess(customer: Customer, read: Read) -> None:
    customer.write(REPORT)
    bad = wrong(customer.code())
    for _ in range(5):
        customer.write(bad)
    customer.write(REPORT)
    customer.run()
    for _ in range(3):
        customer.write(bad)
    codes = read("SELECT code FROM cc_inbound_messages WHERE code IS NOT NULL ORDER BY id")
    assert [each["code"] for each in codes] == ["wrong"] * 5 + ["unchecked"] * 3


def test_too_many_wrong_codes_of_all_are_announced_and_right_ones_still_count(
    customer: Customer, container: Container, read: Read
) -> None:
    inbound = container.inbound
    limits = replace(inbound.limits, wrong_codes_per_day=2)
    crowded = replace(container, inbound=replace(inbound, limits=limits))
    customer = replace(customer, container=crowded)
    customer.write(REPORT)
    bad = wrong(customer.code())
    assert [customer.write(bad) for _ in range(3)] == ["CountWrongCode", "CountWrongCode", "Rest"]

    other = replace(customer, phone=OTHER_CUSTOMER)
    other.write(REPORT)
    assert other.write(other.code()) == "Verify"
    dispatch_due(container.dispatcher)
    items = read("SELECT severity FROM cc_admin_inbox_items WHERE type = 'wrong_codes_limited'")
    assert items == [{"severity": "error"}]


def test_a_customer_gets_ten_codes_a_day_and_then_a_person(customer: Customer, read: Read) -> None:
    for _ in range(11):
        customer.write(REPORT)
        customer.write("CANCEL")
        pass_time(read, 15)
    customer.write(REPORT)
    codes = read("SELECT count(*) AS sent FROM cc_outbound_jobs WHERE kind = 'otp'")
    assert codes == [{"sent": 10}]
    customer.run()
    assert "can't send you another code today" in customer.inbox()[-1]
    open_ = "SELECT id FROM cc_verification_jobs WHERE status = 'awaiting_verification'"
    assert len(read(open_)) == 1


@pytest.mark.parametrize("words", ["HELP", "000000", "hello"])
def test_a_customer_gets_a_hundred_answers_a_day_at_most(
    customer: Customer, read: Read, words: str
) -> None:
    customer.write(words)
    read(
        """INSERT INTO cc_inbound_messages (message_fingerprint, customer_id, kind, created_at)
        SELECT 'm' || n, (SELECT id FROM cc_customers), 'text', now() - interval '1 hour'
        FROM generate_series(1, 98) n"""
    )
    customer.write(words)
    customer.write(words)
    assert len(read("SELECT id FROM cc_outbound_jobs")) == 2
    read(DAY_AGO)
    customer.write(words)
    assert len(read("SELECT id FROM cc_outbound_jobs")) == 3
