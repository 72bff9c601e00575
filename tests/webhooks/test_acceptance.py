"""Signed parts that are too old or for another number: kept and shown, not acted on."""

import pytest
from flask.testing import FlaskClient

from app.bootstrap import Container
from app.inbound.acceptance import FOREIGN, TOO_OLD
from app.inbound.take_in import TakenIn, take_in_again
from app.web import create_app
from tests.conftest import SECRETS, TurnableClock
from tests.webhooks.test_whatsapp import SENT_AT, body_of, count, message, messages, post
from tests.whatsapp import Read

OF_2001 = "1000000000"
OUR_ID = SECRETS["WHATSAPP_PHONE_NUMBER_ID"]
MAX_AGE_SECONDS = 7 * 24 * 3600


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def for_number(number_id: object, *items: dict[str, object]) -> dict[str, object]:
    return body_of(messages(*items) | {"metadata": {"phone_number_id": number_id}})


def faults(read: Read) -> list[str]:
    return [row["fault"] for row in read("SELECT fault FROM cc_quarantined_parts ORDER BY id")]


def test_a_signed_message_of_2001_is_kept_and_shown_and_not_acted_on(
    client: FlaskClient, container: Container, read: Read
) -> None:
    response = post(client, body_of(messages(message(timestamp=OF_2001))))

    assert (response.status_code, response.json) == (200, {"received": 1, "kept": 1})
    assert (faults(read), count(read)) == ([TOO_OLD], 0)
    (event,) = read("SELECT event_type FROM cc_automation_events")
    assert event == {"event_type": "webhook_part_quarantined"}
    assert take_in_again(container.inbound) == TakenIn(used=0, kept=1)
    assert count(read) == 0


def test_whatsapp_may_repeat_a_message_for_seven_days(client: FlaskClient, read: Read) -> None:
    just_in_time = int(SENT_AT) + 60 - MAX_AGE_SECONDS
    post(client, body_of(messages(message("wamid.in", timestamp=str(just_in_time)))))
    post(client, body_of(messages(message("wamid.late", timestamp=str(just_in_time - 1)))))
    assert (faults(read), count(read)) == ([TOO_OLD], 1)


def test_a_replay_after_its_row_is_gone_sends_no_second_code(
    client: FlaskClient, clock: TurnableClock, read: Read, container: Container
) -> None:
    body = body_of(messages(message()))
    post(client, body)
    codes = "SELECT id FROM cc_outbound_jobs WHERE kind = 'otp'"
    assert len(read(codes)) == 1
    read("UPDATE cc_verification_jobs SET status = 'cancelled', closed_at = now()")
    read("DELETE FROM cc_inbound_messages")
    clock.advance(days=container.settings.retention_days)

    assert post(client, body).status_code == 200
    assert (len(read(codes)), count(read), faults(read)) == (1, 0, [TOO_OLD])


def test_an_old_change_of_identity_moves_nobody(client: FlaskClient, read: Read) -> None:
    post(client, body_of(messages(message())))
    change = {"type": "user_changed_number", "wa_id": "34600999888", "body": "changed"}
    system = {"id": "wamid.s", "from": "34600111222", "type": "system", "system": change}
    post(client, body_of(messages(system | {"timestamp": OF_2001})))
    assert read("SELECT masked FROM cc_customers") == [{"masked": "••• 1222"}]
    assert faults(read) == [TOO_OLD]


@pytest.mark.parametrize("number_id", ["999", 998, ""])
def test_a_message_for_a_foreign_number_is_kept_and_shown_and_not_acted_on(
    client: FlaskClient, read: Read, number_id: object
) -> None:
    response = post(client, for_number(number_id, message()))
    assert (response.status_code, response.json) == (200, {"received": 1, "kept": 1})
    assert (faults(read), count(read)) == ([FOREIGN], 0)


def test_a_status_for_a_foreign_number_changes_nothing(client: FlaskClient, read: Read) -> None:
    status = {"id": "wamid.s", "status": "failed", "errors": [{"code": 1}]}
    metadata = {"phone_number_id": "999"}
    response = post(client, body_of({"metadata": metadata, "statuses": [status]}))
    assert response.json == {"received": 1, "kept": 1}
    assert faults(read) == [FOREIGN]


@pytest.mark.parametrize(
    "number_id", [OUR_ID, int(OUR_ID), None], ids=["text", "number", "missing"]
)
def test_a_message_for_our_number_or_without_one_is_acted_on(
    client: FlaskClient, read: Read, number_id: object
) -> None:
    post(client, for_number(number_id, message()))
    assert (faults(read), count(read)) == ([], 1)
