"""The webhook with valid and invalid calls."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import current_app
from flask.testing import FlaskClient
from prometheus_client import generate_latest
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from app.bootstrap import Container, build
from app.core.settings import Settings
from app.dispatch.dispatch import dispatch_due
from app.inbound.quarantine import discard_expired
from app.inbound.take_in import TakenIn, take_in_again
from app.web import MAX_BODY_BYTES, create_app
from tests.conftest import SECRETS, TurnableClock
from tests.whatsapp import REPORT, Customer, Read, print_of

PATH = "/webhooks/whatsapp"
SENT_AT = "1795348740"
"""A minute before the clock of the tests."""


@pytest.fixture
def alter(database_urls: tuple[str, str]) -> Iterator[Callable[[str], None]]:
    """A function that alters the table of inbound messages as its owner."""
    engine = create_engine(database_urls[1])

    def run(change: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE cc_inbound_messages {change}"))

    yield run
    engine.dispose()


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def body_of(*values: dict[str, Any], object_: str = "whatsapp_business_account") -> dict[str, Any]:
    changes = [{"field": "messages", "value": value} for value in values]
    return {"object": object_, "entry": [{"id": "1", "changes": changes}]}


def with_changes(*changes: object) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": [{"changes": list(changes)}]}


def message(id_: str = "wamid.1", words: str = REPORT, **more: Any) -> dict[str, Any]:
    return {
        "from": "34600111222",
        "id": id_,
        "timestamp": SENT_AT,
        "type": "text",
        "text": {"body": words},
    } | more


def messages(*items: dict[str, Any]) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "messages": list(items)}


def sign(body: bytes, secret: str = SECRETS["WHATSAPP_APP_SECRET"]) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(client: FlaskClient, body: object, **headers: str) -> TestResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(PATH, data=raw, headers={"X-Hub-Signature-256": sign(raw)} | headers)


def is_problem(response: TestResponse, status: int) -> bool:
    return (
        response.status_code == response.json["status"] == status  # type: ignore[index]
        and response.mimetype == "application/problem+json"
        and response.json["detail"].count(". ") == 0  # type: ignore[index]
        and response.json["detail"].endswith(".")  # type: ignore[index]
    )


def count(read: Read) -> int:
    return len(read("SELECT id FROM cc_inbound_messages"))


def test_meta_gets_its_challenge_back(client: FlaskClient) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": SECRETS["WHATSAPP_VERIFY_TOKEN"],
        "hub.challenge": "4<2",
    }
    response = client.get(PATH, query_string=query)
    assert (response.status_code, response.text, response.mimetype) == (200, "4<2", "text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"hub.mode": "subscribe", "hub.challenge": "42"},
        {"hub.mode": "subscribe", "hub.verify_token": "wrong", "hub.challenge": "42"},
        {"hub.mode": "subscribe", "hub.verify_token": "clé", "hub.challenge": "42"},
        {
            "hub.mode": "unsubscribe",
            "hub.verify_token": SECRETS["WHATSAPP_VERIFY_TOKEN"],
            "hub.challenge": "42",
        },
    ],
)
def test_a_wrong_verify_token_gets_no_challenge_back(
    client: FlaskClient, query: dict[str, str]
) -> None:
    assert is_problem(client.get(PATH, query_string=query), 403)


def test_a_signed_message_is_processed(client: FlaskClient, read: Read) -> None:
    response = post(client, body_of(messages(message())))
    assert (response.status_code, response.json) == (200, {"received": 1, "kept": 0})
    (row,) = read("SELECT message_fingerprint, kind, sent_at FROM cc_inbound_messages")
    assert (row["message_fingerprint"], row["kind"]) == (print_of("wamid.1"), "text")
    assert row["sent_at"].timestamp() == int(SENT_AT)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        "sha1=" + "0" * 40,
        "0" * 64,
        "sha256=é",
        "sha256=" + "\u0661" * 64,
    ],
)
def test_a_body_with_a_bad_signature_is_not_parsed(
    client: FlaskClient, read: Read, signature: str
) -> None:
    header = signature.encode().decode("latin-1")
    response = post(client, b"not json", **{"X-Hub-Signature-256": header})
    assert is_problem(response, 401)
    assert count(read) == 0


def test_a_signature_without_its_scheme_is_refused(client: FlaskClient) -> None:
    body = json.dumps(body_of(messages(message()))).encode()
    bare = sign(body).removeprefix("sha256=")
    assert is_problem(post(client, body, **{"X-Hub-Signature-256": bare}), 401)


def test_a_signature_covers_the_bytes_that_were_sent(client: FlaskClient) -> None:
    body = json.dumps(body_of(messages(message()))).encode()
    assert is_problem(post(client, body + b" ", **{"X-Hub-Signature-256": sign(body)}), 401)


@pytest.mark.parametrize(
    "body, status, detail",
    [
        (b"", 400, "not valid JSON"),
        (b"{", 400, "not valid JSON"),
        (b"\xff\xfe", 400, "not valid JSON"),
        (b"[" * 100_000, 400, "not valid JSON"),
        (b"[]", 422, "The body"),
        (b"null", 422, "The body"),
        (b"{}", 422, "The field object"),
        (body_of(object_="page"), 422, "The field object"),
    ],
)
def test_a_body_that_is_not_a_whatsapp_accounts_is_refused_and_nothing_is_written(
    client: FlaskClient, read: Read, body: object, status: int, detail: str
) -> None:
    response = post(client, body)
    assert is_problem(response, status)
    assert response.json
    assert detail in response.json["detail"]
    assert count(read) == 0
    assert not read("SELECT id FROM cc_quarantined_parts")


@pytest.mark.parametrize(
    "body, kind, fault",
    [
        ({"object": "whatsapp_business_account"}, "envelope", "entry"),
        ({"object": "whatsapp_business_account", "entry": {}}, "envelope", "entry"),
        ({"object": "whatsapp_business_account", "entry": [{}]}, "entry", "changes"),
        ({"object": "whatsapp_business_account", "entry": [7]}, "entry", "changes"),
        (with_changes(7), "change", "field"),
        (with_changes({"field": "account_update"}), "field account_update", "known"),
        (with_changes({"field": "a b"}), "field malformed", "known"),
        (with_changes({"field": "messages", "value": 7}), "field messages", "known"),
        (body_of({"errors": [{"code": 1}]}), "messages errors", "known"),
        (body_of({"messages": {}}), "message malformed", "id is missing"),
        (body_of({"messages": [1]}), "messages messages", "known"),
        (body_of(messages({"id": "wamid.1", "type": "text"})), "message text", "is missing"),
        (body_of(messages(message() | {"from": "anna"})), "message text", "from"),
        (body_of(messages(message(text={}))), "message text", "text.body is missing"),
        (body_of(messages(message(text={"body": 1}))), "message text", "text.body"),
        (body_of(messages(message(id_=""))), "message text", "id"),
        (body_of(messages(message(id_="x" * 201))), "message text", "id"),
        (body_of(messages(message(id_="wamid\u0000"))), "message text", "id"),
        (body_of(messages(message(timestamp="soon"))), "message text", "timestamp"),
        (body_of(messages(message(timestamp="9" * 30))), "message text", "timestamp"),
        (body_of(messages(message(type="a b"))), "message malformed", "type"),
        (body_of({"statuses": [{"status": "sent"}]}), "status sent", "id is missing"),
    ],
)
def test_a_part_of_unknown_form_is_answered_200_quarantined_and_reported(
    client: FlaskClient, read: Read, body: object, kind: str, fault: str
) -> None:
    response = post(client, body)

    assert (response.status_code, response.json) == (200, {"received": 1, "kept": 1})
    (part,) = read("SELECT kind, fault FROM cc_quarantined_parts")
    assert part["kind"] == kind
    assert fault in part["fault"]
    (event,) = read("SELECT event_type, payload->>'kind' AS kind FROM cc_automation_events")
    assert event == {"event_type": "webhook_part_quarantined", "kind": kind}
    assert count(read) == 0


def test_a_repeated_unknown_part_is_stored_once(client: FlaskClient, read: Read) -> None:
    body = with_changes({"field": "account_update", "value": {"event": "BAN"}})
    for _ in range(2):
        assert post(client, body).status_code == 200
    assert len(read("SELECT id FROM cc_quarantined_parts")) == 1
    assert len(read("SELECT id FROM cc_automation_events")) == 1


def test_parts_of_one_kind_become_one_warning(
    client: FlaskClient, container: Container, read: Read
) -> None:
    changes = [{"field": "account_update", "value": {"number": number}} for number in range(3)]
    post(client, with_changes(*changes, {"field": "security", "value": {}}))

    dispatch_due(container.dispatcher)

    items = read("SELECT severity, title, occurrences FROM cc_admin_inbox_items ORDER BY title")
    assert [(each["severity"], each["occurrences"]) for each in items] == [
        ("warning", 3),
        ("warning", 1),
    ]
    assert "field account_update" in items[0]["title"]


def test_quarantined_parts_are_counted_by_kind_in_the_metrics(
    client: FlaskClient, container: Container
) -> None:
    post(client, with_changes({"field": "account_update"}))
    with create_app(container).app_context():
        shown = generate_latest(current_app.extensions["metrics"]).decode()
    assert 'automation_webhook_parts_quarantined{kind="field account_update"} 1.0' in shown


def test_quarantined_parts_are_encrypted(
    client: FlaskClient, container: Container, read: Read
) -> None:
    post(client, body_of(messages(message(words="nothing", timestamp="soon"))))
    (part,) = read("SELECT * FROM cc_quarantined_parts")
    assert "34600111222" not in str(part)
    body = json.loads(container.vault.decrypt(part["body_encrypted"]))
    assert body["entry"][0]["changes"][0]["value"]["messages"][0]["from"] == "34600111222"


def test_a_later_release_processes_quarantined_parts(
    client: FlaskClient, container: Container, read: Read, alter: Callable[[str], None]
) -> None:
    alter(f"ADD CONSTRAINT no_poison CHECK (message_fingerprint <> '{print_of('wamid.1')}')")
    post(client, body_of(messages(message("wamid.1"))))
    post(client, with_changes({"field": "account_update"}))
    assert take_in_again(container.inbound, kind="message text") == TakenIn(used=0, kept=1)
    alter("DROP CONSTRAINT no_poison")

    assert take_in_again(container.inbound) == TakenIn(used=1, kept=1)

    assert len(read("SELECT id FROM cc_verification_jobs")) == 1
    assert [each["kind"] for each in read("SELECT kind FROM cc_quarantined_parts")] == [
        "field account_update"
    ]


def test_expired_quarantined_parts_are_deleted(
    client: FlaskClient, container: Container, clock: TurnableClock, read: Read
) -> None:
    post(client, with_changes({"field": "account_update"}))
    days = timedelta(days=container.settings.quarantine_days)
    with container.sessions.begin() as session:
        assert discard_expired(session, now=clock() + days - timedelta(seconds=1)) == 0
        assert discard_expired(session, now=clock() + days + timedelta(seconds=1)) == 1
    assert not read("SELECT id FROM cc_quarantined_parts")


def test_an_unpaired_surrogate_is_malformed(client: FlaskClient, read: Read) -> None:
    body = json.dumps(body_of(messages(message(words="@@")))).replace("@@", "fraud \\ud83d")
    assert is_problem(post(client, body.encode()), 400)
    assert count(read) == 0


def test_a_nul_character_in_the_text_is_accepted(client: FlaskClient, read: Read) -> None:
    assert post(client, body_of(messages(message(words="fraud\x00!")))).status_code == 200
    assert read("SELECT report FROM cc_verification_jobs") == [{"report": "fraud !"}]


def test_a_body_over_four_mebibytes_is_refused(client: FlaskClient, read: Read) -> None:
    assert is_problem(post(client, b" " * (MAX_BODY_BYTES + 1)), 413)
    large = json.dumps(body_of(messages(message()))).encode()
    assert post(client, large + b" " * (MAX_BODY_BYTES - len(large))).status_code == 200
    assert count(read) == 1


def test_every_entry_change_and_message_is_processed(client: FlaskClient, read: Read) -> None:
    body = body_of(messages(message("wamid.1"), message("wamid.2")), messages(message("wamid.3")))
    body["entry"].append(body_of(messages(message("wamid.4")))["entry"][0])
    assert post(client, body).json == {"received": 4, "kept": 0}
    assert count(read) == 4


def test_one_bad_message_does_not_lose_the_others(client: FlaskClient, read: Read) -> None:
    bad: dict[str, Any] = {"id": "wamid.bad"}
    body = body_of(messages(message("wamid.1"), bad, message("wamid.2")))
    assert post(client, body).json == {"received": 3, "kept": 1}
    assert count(read) == 2


def test_a_message_with_an_internal_error_is_quarantined_and_the_others_are_processed(
    client: FlaskClient, read: Read, alter: Callable[[str], None]
) -> None:
    alter(f"ADD CONSTRAINT no_poison CHECK (message_fingerprint <> '{print_of('wamid.2')}')")
    body = body_of(messages(message("wamid.1"), message("wamid.2"), message("wamid.3")))
    assert post(client, body).json == {"received": 3, "kept": 1}
    assert count(read) == 2
    alter("DROP CONSTRAINT no_poison")
    assert post(client, body).json == {"received": 3, "kept": 0}
    assert count(read) == 3
    assert len(read("SELECT id FROM cc_verification_jobs")) == 1


def test_the_same_body_twice_changes_nothing_the_second_time(
    client: FlaskClient, read: Read
) -> None:
    for _ in range(2):
        assert post(client, body_of(messages(message()))).status_code == 200
    assert count(read) == 1
    assert len(read("SELECT id FROM cc_outbound_jobs")) == 1


@pytest.mark.parametrize(
    "content",
    [
        {"type": "button", "button": {"text": REPORT, "payload": "x"}},
        {"type": "interactive", "interactive": {"button_reply": {"id": "1", "title": REPORT}}},
        {"type": "interactive", "interactive": {"list_reply": {"id": "1", "title": REPORT}}},
    ],
)
def test_a_pressed_button_counts_as_its_text(
    client: FlaskClient, read: Read, content: dict[str, Any]
) -> None:
    post(client, body_of(messages(message() | {"text": None} | content)))
    assert len(read("SELECT id FROM cc_verification_jobs")) == 1


@pytest.mark.parametrize("kind", ["image", "sticker", "reaction", "audio", "unsupported", "x_new"])
def test_other_kinds_of_messages_are_answered(client: FlaskClient, read: Read, kind: str) -> None:
    item = {"from": "34600111222", "id": "wamid.1", "type": kind, kind: {"id": "1"}}
    assert post(client, body_of(messages(item))).status_code == 200
    assert len(read("SELECT id FROM cc_outbound_jobs")) == 1


def test_a_status_moves_its_job(client: FlaskClient, customer: Customer, read: Read) -> None:
    customer.write("hello")
    customer.run()
    sent = customer.last_message_id()
    statuses = [
        {"id": sent, "status": "delivered", "recipient_id": "34600111222"},
        {"id": "wamid.unknown", "status": "read"},
        {"id": "wamid.new", "status": "an_unknown_status"},
    ]
    assert post(client, body_of({"statuses": statuses})).json == {"received": 3, "kept": 0}
    assert [each["kind"] for each in read("SELECT kind FROM cc_quarantined_parts")] == [
        "status an_unknown_status"
    ]
    assert read("SELECT status FROM cc_outbound_jobs") == [{"status": "delivered"}]


@pytest.fixture
def away(settings: Settings, clock: TurnableClock) -> Iterator[FlaskClient]:
    """A client of a web whose database does not answer."""
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"
    container = build(
        settings.model_copy(update={"database_url": nowhere}), process="test", clock=clock
    )
    yield create_app(container).test_client()
    container.close()


def test_without_a_database_the_webhook_answers_503(away: FlaskClient) -> None:
    response = post(away, body_of(messages(message())))
    assert is_problem(response, 503)
    assert int(response.headers["Retry-After"]) > 0


def test_without_a_database_a_bad_signature_is_still_refused(away: FlaskClient) -> None:
    assert is_problem(post(away, b"{}", **{"X-Hub-Signature-256": "sha256=0"}), 401)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_require_authentication(client: FlaskClient, method: str) -> None:
    assert is_problem(getattr(client, method)(PATH), 401)


USER = "ES.13491208655302741918"


def test_a_customer_without_a_number_is_answered_by_user_id(
    client: FlaskClient, read: Read
) -> None:
    nameless = {key: value for key, value in message().items() if key != "from"}
    post(client, body_of(messages(nameless | {"from_user_id": USER})))
    assert read("SELECT masked FROM cc_customers") == [{"masked": "ES.••• 1918"}]
    post(client, body_of(messages(message("wamid.2", "hello") | {"from_user_id": USER})))
    assert read("SELECT masked FROM cc_customers") == [{"masked": "••• 1222"}]
    assert len(read("SELECT id FROM cc_verification_jobs")) == 1


def test_a_change_of_number_or_user_id_moves_the_customer(client: FlaskClient, read: Read) -> None:
    post(client, body_of(messages(message() | {"from_user_id": USER})))
    number = {"type": "user_changed_number", "wa_id": "34600999888", "body": "User A changed"}
    user = {
        "type": "user_changed_user_id",
        "user_id": "ES.2222222222222",
        "body": f"User A changed from {USER} to ES.2222222222222",
    }
    system = {"id": "wamid.s", "type": "system", "timestamp": SENT_AT}
    post(client, body_of(messages(system | {"from": "34600111222", "system": number})))
    post(client, body_of(messages(system | {"system": user})))
    post(client, body_of(messages(message("wamid.2") | {"from": "34600999888"})))
    nameless = {key: value for key, value in message("wamid.3").items() if key != "from"}
    post(client, body_of(messages(nameless | {"from_user_id": "ES.2222222222222"})))
    assert read("SELECT masked FROM cc_customers") == [{"masked": "••• 9888"}]
    assert count(read) == 3
    assert not read("SELECT id FROM cc_quarantined_parts")


def test_a_user_id_in_a_delivery_status_is_stored(
    client: FlaskClient, customer: Customer, read: Read
) -> None:
    customer.write("hello")
    customer.run()
    status = {
        "id": customer.last_message_id(),
        "status": "delivered",
        "recipient_id": "34600111222",
        "recipient_user_id": USER,
    }
    post(client, body_of({"statuses": [status]}))
    assert len(read("SELECT id FROM cc_customers WHERE user_id_fingerprint IS NOT NULL")) == 1
