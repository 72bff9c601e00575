"""Later messages are added to the open case of their customer."""

from app.bootstrap import Container
from app.dispatch.dispatch import dispatch_due
from app.fraud.queries import show_case
from tests.whatsapp import CUSTOMER, REPORT, Customer, Read

DETAIL = "480 EUR in Lyon, on Monday"
ITEMS = "SELECT type, severity, title, status, occurrences, link_ref FROM cc_admin_inbox_items"
MESSAGES = "SELECT case_id, text FROM cc_fraud_case_messages ORDER BY id"


def open_case(customer: Customer, report: str = REPORT) -> None:
    customer.write(report)
    assert customer.write(customer.code()) == "Verify"
    customer.run()


def test_a_later_message_is_added_to_the_case_and_acknowledged(
    container: Container, customer: Customer, read: Read
) -> None:
    open_case(customer)
    assert customer.write(DETAIL) == "AddToCase"
    customer.run()
    assert customer.inbox()[-1] == "Thank you. We have added that to your case 1 for our team."
    with container.sessions.begin() as session:
        shown = show_case(session, 1)
    assert [message.text for message in shown.messages] == [DETAIL]
    assert shown.case.report == REPORT
    assert read("SELECT id FROM cc_verification_jobs WHERE closed_at IS NULL") == []


def test_a_later_message_is_acknowledged_in_the_language_of_the_customer(
    customer: Customer,
) -> None:
    open_case(customer, "Creo que hay un fraude en mi cuenta")
    customer.write("480")
    customer.run()
    assert customer.inbox()[-1].startswith("Gracias. Lo hemos añadido a tu caso 1")


def test_the_item_of_the_case_counts_a_later_message(
    container: Container, customer: Customer, read: Read
) -> None:
    open_case(customer)
    dispatch_due(container.dispatcher)
    read("UPDATE cc_admin_inbox_items SET status = 'acknowledged', acknowledged_occurrences = 1")
    customer.write(DETAIL)
    customer.write("And 20 EUR on Tuesday")
    dispatch_due(container.dispatcher)
    (item,) = read(ITEMS)
    assert (item["type"], item["status"], item["occurrences"]) == ("fraud_case_created", "open", 3)


def test_a_later_message_gets_its_own_item_after_the_first_is_resolved(
    container: Container, customer: Customer, read: Read
) -> None:
    open_case(customer)
    dispatch_due(container.dispatcher)
    read("UPDATE cc_admin_inbox_items SET status = 'resolved', closed_at = now()")
    customer.write(DETAIL)
    dispatch_due(container.dispatcher)
    (_, item) = read(f"{ITEMS} ORDER BY id")
    assert (item["type"], item["severity"]) == ("fraud_case_message_added", "warning")
    assert item["title"] == "••• 1222 wrote more about case 1"
    assert item["link_ref"] == "/automation/cases/1"


def test_a_deleted_message_is_noted_on_the_case_and_on_its_item_and_not_answered(
    container: Container, customer: Customer, read: Read
) -> None:
    open_case(customer)
    dispatch_due(container.dispatcher)
    (before,) = read("SELECT version FROM cc_admin_inbox_items")
    told = len(customer.inbox())

    assert customer.write(None, kind="revoke") == "NoteDeletion"
    customer.run()
    dispatch_due(container.dispatcher)

    assert len(customer.inbox()) == told
    assert read(MESSAGES) == [{"case_id": 1, "text": "(The customer deleted a message.)"}]
    (item,) = read("SELECT version, occurrences FROM cc_admin_inbox_items")
    assert (item["version"], item["occurrences"]) == (before["version"] + 1, 2)


def test_an_edited_report_is_kept_with_the_case_and_opens_no_second_verification(
    container: Container, customer: Customer, read: Read
) -> None:
    open_case(customer)
    dispatch_due(container.dispatcher)

    assert customer.write(f"{REPORT}, 480 EUR", kind="edit") == "AddToCase"
    dispatch_due(container.dispatcher)

    text = f"(The customer edited a message.)\n{REPORT}, 480 EUR"
    assert read(MESSAGES) == [{"case_id": 1, "text": text}]
    assert read("SELECT occurrences FROM cc_admin_inbox_items") == [{"occurrences": 2}]
    assert len(read("SELECT id FROM cc_verification_jobs")) == 1


def test_a_later_message_is_added_to_the_newest_case_unless_it_ended_long_ago(
    customer: Customer, read: Read
) -> None:
    open_case(customer)
    open_case(customer, "My card was stolen")
    customer.write(DETAIL)
    assert read(MESSAGES) == [{"case_id": 2, "text": DETAIL}]
    ended = "status = 'closed', updated_at = now() - interval '31 days'"
    read(f"UPDATE cc_fraud_cases SET {ended} WHERE id = 2")
    assert customer.write(DETAIL) == "Answer"
    assert len(read(MESSAGES)) == 1


def test_a_later_message_is_stored_without_numbers(customer: Customer, read: Read) -> None:
    open_case(customer)
    customer.write(f"call me on {CUSTOMER} in the evening")
    (message,) = read(MESSAGES)
    assert message["text"] == "call me on ••• 1222 in the evening"
    (event,) = read("SELECT payload FROM cc_automation_events WHERE dedupe_key LIKE '%added:1'")
    assert event["payload"]["text"] == message["text"]


def test_a_repeated_message_is_added_once(customer: Customer, read: Read) -> None:
    open_case(customer)
    customer.write(DETAIL, message_id="wamid.once")
    assert customer.write(DETAIL, message_id="wamid.once") == "NoneType"
    assert len(read(MESSAGES)) == 1
