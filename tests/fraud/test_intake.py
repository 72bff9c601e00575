"""The intake of customers' messages, with a real database and the sandbox provider."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.bootstrap import Container
from app.core.redaction import HIDDEN, KnownSecrets
from app.customers.identity import Identity
from app.fraud.customer_messages import CustomerMessage
from app.fraud.intake import receive
from app.fraud.storable import MAX_REPORT, storable
from devtools.whatsapp_sandbox.server import RunningSandbox
from tests.conftest import TurnableClock
from tests.whatsapp import CUSTOMER, OTHER_CUSTOMER, REPORT, Customer, Read, wrong

TABLES = (
    "cc_inbound_messages",
    "cc_verification_jobs",
    "cc_otp_challenges",
    "cc_fraud_cases",
    "cc_fraud_case_messages",
    "cc_outbound_jobs",
    "cc_outbound_attempts",
    "cc_automation_events",
)

AGE = "UPDATE cc_verification_jobs SET created_at = now() - make_interval(hours => :hours)"


def test_a_report_with_the_right_code_becomes_a_case_with_its_event(
    customer: Customer, read: Read
) -> None:
    assert customer.write(REPORT) == "Begin"
    assert customer.write(customer.code()) == "Verify"
    customer.run()
    (case,) = read("SELECT * FROM cc_fraud_cases")
    (event,) = read("SELECT * FROM cc_automation_events")
    assert (case["status"], case["language"], case["report"]) == ("open", "en", REPORT)
    assert event["dedupe_key"] == f"fraud_case_created:{case['id']}"
    assert event["status"] == "pending"
    assert f"case {case['id']}" in customer.inbox()[-1]


def test_a_report_in_spanish_is_answered_in_spanish(customer: Customer) -> None:
    customer.write("Creo que hay un fraude en mi cuenta")
    customer.write(customer.code())
    customer.run()
    assert "es tu código" in customer.inbox()[0]
    assert "Gracias, eres tú" in customer.inbox()[1]


def test_no_code_and_no_full_number_is_in_any_row(customer: Customer, read: Read) -> None:
    customer.write(f"{REPORT}: call me on {CUSTOMER}")
    code = customer.code()
    customer.write(wrong(code))
    customer.write(code)
    customer.run()
    rows = json.dumps([read(f"SELECT * FROM {table}") for table in TABLES], default=str)
    assert code not in rows
    assert CUSTOMER.removeprefix("+") not in rows


def test_a_repeated_message_is_processed_once(customer: Customer, read: Read) -> None:
    assert customer.write(REPORT, message_id="wamid.once") == "Begin"
    assert customer.write(REPORT, message_id="wamid.once") == "NoneType"
    assert len(read("SELECT * FROM cc_outbound_jobs")) == 1


def test_concurrent_copies_of_a_code_open_one_case(customer: Customer, read: Read) -> None:
    customer.write(REPORT)
    code = customer.code()
    with ThreadPoolExecutor(8) as pool:
        decisions = list(pool.map(lambda _: customer.write(code), range(8)))
    assert sorted(decisions) == ["Answer"] * 7 + ["Verify"]
    assert len(read("SELECT * FROM cc_fraud_cases")) == 1
    assert len(read("SELECT * FROM cc_automation_events")) == 1


def test_concurrent_wrong_codes_are_all_counted(customer: Customer, read: Read) -> None:
    customer.write(REPORT)
    bad = wrong(customer.code())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: customer.write(bad), range(8)))
    (job,) = read("SELECT * FROM cc_verification_jobs")
    assert (job["status"], job["failed_tries"]) == ("exhausted", 5)


def test_a_rolled_back_intake_leaves_nothing(
    container: Container, customer: Customer, read: Read
) -> None:
    customer.write(REPORT)
    code = customer.code()
    message = CustomerMessage(
        provider_message_id="wamid.lost", sender=Identity(number=CUSTOMER), kind="text", text=code
    )
    with container.sessions() as session:  # never committed
        receive(
            session,
            message,
            vault=container.vault,
            now=container.clock(),
            limits=container.inbound.limits,
        )
        session.flush()
    assert read("SELECT * FROM cc_fraud_cases") == []
    assert read("SELECT * FROM cc_automation_events") == []
    assert customer.write(code, message_id="wamid.lost") == "Verify"


def test_a_code_is_valid_for_ten_minutes(customer: Customer, clock: TurnableClock) -> None:
    customer.write(REPORT)
    code = customer.code()
    clock.advance(minutes=10)
    assert customer.write(code) == "Answer"
    customer.run()
    assert "expired" in customer.inbox()[-1]
    assert customer.write("RESEND") == "SendAgain"
    assert customer.write(customer.code()) == "Verify"


def test_every_code_that_has_not_expired_counts(customer: Customer, read: Read) -> None:
    customer.write(REPORT)
    first = customer.code()
    customer.write("resend")
    customer.run()
    assert customer.write(first) == "Verify"
    used = read("SELECT used_at IS NOT NULL AS used FROM cc_otp_challenges ORDER BY id")
    assert [row["used"] for row in used] == [True, False]


def test_an_expired_code_costs_no_attempt_while_a_newer_one_is_live(
    customer: Customer, clock: TurnableClock, read: Read
) -> None:
    customer.write(REPORT)
    first = customer.code()
    clock.advance(minutes=9)
    customer.write("resend")
    second = customer.code()
    clock.advance(minutes=1)
    assert customer.write(first) == "Answer"
    customer.run()
    assert "expired" in customer.inbox()[-1]
    assert read("SELECT failed_tries FROM cc_verification_jobs") == [{"failed_tries": 0}]
    assert customer.write(second) == "Verify"


def test_wrong_codes_are_counted_across_resends(customer: Customer, read: Read) -> None:
    customer.write(REPORT)
    bad = wrong(customer.code())
    assert [customer.write(bad) for _ in range(3)] == ["CountWrongCode"] * 3
    customer.write("RESEND")
    bad = wrong(customer.code())
    assert [customer.write(bad) for _ in range(2)] == ["CountWrongCode", "Exhaust"]
    assert read("SELECT status FROM cc_verification_jobs") == [{"status": "exhausted"}]


def test_a_number_gets_three_codes_in_fifteen_minutes(customer: Customer, read: Read) -> None:
    customer.write(REPORT)
    customer.write("CANCEL")
    customer.write(REPORT)
    assert customer.write("RESEND") == "SendAgain"
    assert customer.write("RESEND") == "Answer"
    read("UPDATE cc_outbound_jobs SET created_at = created_at - interval '15 minutes'")
    assert customer.write("RESEND") == "SendAgain"


def test_one_customers_codes_do_not_limit_anothers(
    container: Container, sandbox: RunningSandbox, customer: Customer
) -> None:
    for words in (REPORT, "RESEND", "RESEND"):
        customer.write(words)
    assert Customer(container, sandbox, OTHER_CUSTOMER).write(REPORT) == "Begin"


def test_a_code_asked_for_twice_before_it_was_sent_is_sent_once(
    customer: Customer, read: Read
) -> None:
    customer.write(REPORT)
    customer.write("RESEND")
    result = customer.run()
    assert (result.sent, result.cancelled) == (1, 1)
    assert len(read("SELECT * FROM cc_otp_challenges")) == 1


def test_a_code_is_not_sent_for_a_report_withdrawn_meanwhile(
    customer: Customer, read: Read
) -> None:
    customer.write(REPORT)
    customer.write("CANCEL")
    customer.run()
    assert read("SELECT status, attempts FROM cc_outbound_jobs WHERE kind = 'otp'") == [
        {"status": "cancelled", "attempts": 0}
    ]
    assert "withdrawn" in customer.inbox()[-1]


def test_what_is_added_while_a_report_is_open_is_kept_with_it(
    customer: Customer, read: Read
) -> None:
    customer.write(REPORT)
    customer.code()
    assert customer.write("It is fraud, they took 300 euros") == "AddToReport"
    (job,) = read("SELECT report FROM cc_verification_jobs")
    assert job["report"] == f"{REPORT}\nIt is fraud, they took 300 euros"


def test_anything_but_text_is_answered_politely(customer: Customer, read: Read) -> None:
    for kind in ("image", "sticker", "reaction"):
        assert customer.write(None, kind=kind) == "Answer"
    customer.run()
    assert customer.inbox() == ["Sorry, we can only read text here. Please write it in words."] * 3
    assert [row["kind"] for row in read("SELECT kind FROM cc_inbound_messages ORDER BY id")] == [
        "image",
        "sticker",
        "reaction",
    ]


def test_a_machine_that_answers_every_answer_reaches_the_limit(
    customer: Customer, read: Read
) -> None:
    for _ in range(25):
        customer.write("I am out of office")
    assert len(read("SELECT id FROM cc_outbound_jobs")) == 20
    assert customer.write(REPORT) == "Begin"


def test_a_machine_that_repeats_our_text_changes_nothing(customer: Customer, read: Read) -> None:
    customer.write("hello")
    customer.run()
    (welcome,) = customer.inbox()
    assert "fraud" in welcome
    assert customer.write(welcome) == "Silence"
    assert read("SELECT id FROM cc_verification_jobs") == []
    customer.write(REPORT)
    customer.run()
    assert customer.write(customer.inbox()[-1]) == "Silence"
    assert read("SELECT report, failed_tries FROM cc_verification_jobs") == [
        {"report": REPORT, "failed_tries": 0}
    ]
    assert customer.run().sent == 0


def test_a_report_after_an_expired_verification_begins_a_new_one(
    customer: Customer, read: Read
) -> None:
    customer.write(REPORT)
    customer.run()
    read(AGE, hours=24)
    assert customer.write("My card was stolen") == "Begin"
    jobs = read("SELECT status, report FROM cc_verification_jobs ORDER BY id")
    assert jobs == [
        {"status": "expired", "report": REPORT},
        {"status": "awaiting_verification", "report": "My card was stolen"},
    ]
    assert customer.write(customer.code()) == "Verify"
    assert read("SELECT report FROM cc_fraud_cases") == [{"report": "My card was stolen"}]


def test_a_code_for_an_expired_verification_opens_no_case(customer: Customer, read: Read) -> None:
    customer.write(REPORT)
    code = customer.code()
    read(AGE, hours=24)
    assert customer.write(code) == "Answer"
    assert read("SELECT status FROM cc_verification_jobs") == [{"status": "expired"}]
    assert read("SELECT id FROM cc_fraud_cases") == []


def test_a_verification_within_its_lifetime_is_completed(customer: Customer, read: Read) -> None:
    customer.write(REPORT)
    code = customer.code()
    read(AGE, hours=23)
    assert customer.write(code) == "Verify"


NOTHING_KNOWN = KnownSecrets(own_numbers=(), is_code=lambda _digits: False)


@pytest.mark.parametrize(
    "report", ["\x00 fraud", "fraud \ud83d", "fraud\u202e", "fraud " * 1000, "fraud 4111111111111"]
)
def test_every_report_is_made_storable(customer: Customer, read: Read, report: str) -> None:
    assert customer.write(report) == "Begin"
    (job,) = read("SELECT report FROM cc_verification_jobs")
    assert job["report"] == storable(report, known=NOTHING_KNOWN)
    assert len(job["report"]) <= MAX_REPORT
    assert "4111111111111" not in job["report"]


@pytest.mark.parametrize(
    "written", ["{}", "my pin {} ok", "{0[0]}9{0}", "{0[0]}-{0[1]} x {0[2]}{0[3]}+{0[4]}{0[5]}"]
)
def test_a_code_that_was_sent_is_not_stored_in_a_report(
    customer: Customer, read: Read, written: str
) -> None:
    customer.write(REPORT)
    code = customer.code()
    customer.write(f"More fraud: {written.format(code)} and 250000 pesos were gone.")
    (job,) = read("SELECT report FROM cc_verification_jobs")
    assert code not in re.sub(r"\D", "", job["report"].replace("250000", ""))
    assert HIDDEN in job["report"]
    assert "250000 pesos" in job["report"]


def test_a_used_code_is_not_stored_in_a_case(customer: Customer, read: Read) -> None:
    customer.write(REPORT)
    code = customer.code()
    customer.write(code)
    customer.write(f"I typed {code} there and they took 250000 of mine")
    (message,) = read("SELECT text FROM cc_fraud_case_messages")
    assert message["text"] == f"I typed {HIDDEN} there and they took 250000 of mine"


def test_an_item_keeps_a_six_digit_amount_of_a_report(customer: Customer, read: Read) -> None:
    customer.write("They stole 250000 from me, fraud!")
    customer.write(customer.code())
    (event,) = read("SELECT payload FROM cc_automation_events")
    assert "250000" in event["payload"]["report"]
