"""The sandbox simulates the Graph API for the product and the phone for a customer."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from app.bootstrap import Container
from app.core.errors import SettingsError
from app.outbound.runner import run_outbound
from devtools.whatsapp_sandbox.__main__ import read_config
from devtools.whatsapp_sandbox.faults import Fault, FaultKind, magic_fault
from devtools.whatsapp_sandbox.server import RunningSandbox
from devtools.whatsapp_sandbox.state import MAX_CONVERSATIONS, MAX_MESSAGES, Author, Message, Phones
from tests.conftest import SECRETS
from tests.whatsapp import CUSTOMER, REPORT, Read

TEXT: dict[str, Any] = {
    "messaging_product": "whatsapp",
    "to": CUSTOMER,
    "type": "text",
    "text": {"body": "hello"},
}

TOKEN = SECRETS["WHATSAPP_ACCESS_TOKEN"]


def send(sandbox: RunningSandbox, body: object, token: str | None = None) -> httpx.Response:
    token = token or SECRETS["WHATSAPP_ACCESS_TOKEN"]
    path = f"/{SECRETS['WHATSAPP_PHONE_NUMBER_ID']}/messages"
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(sandbox.api_base_url + path, json=body, headers=headers)


def eventually(check: Callable[[], bool], seconds: float = 10) -> bool:
    """Return whether `check` becomes true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_message_is_answered_as_the_graph_api_does(sandbox: RunningSandbox) -> None:
    answer = send(sandbox, TEXT).json()
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"] == [{"input": CUSTOMER, "wa_id": CUSTOMER[1:]}]
    assert answer["messages"][0]["id"].startswith("wamid.")


def test_a_wrong_token_is_refused(sandbox: RunningSandbox) -> None:
    response = send(sandbox, TEXT, token="wrong")
    assert (response.status_code, response.json()["error"]["code"]) == (401, 190)


@pytest.mark.parametrize("path", ["/v26.0/999/messages", "/latest/100200300/messages"])
def test_another_phone_number_id_or_version_is_refused(sandbox: RunningSandbox, path: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    response = httpx.post(sandbox.url + path, json=TEXT, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (400, 100)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        TEXT | {"to": ""},
        TEXT | {"to": "anna"},
        TEXT | {"text": {}},
        TEXT | {"text": {"body": "x" * 4097}},
        TEXT | {"messaging_product": "sms"},
    ],
)
def test_a_malformed_message_is_refused(sandbox: RunningSandbox, body: object) -> None:
    response = send(sandbox, body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, 131008)


@pytest.mark.parametrize(
    "phone, kind, code",
    [
        ("15550131026", FaultKind.REFUSE, 131026),
        ("15550000500", FaultKind.REFUSE, 500),
        ("15551131026", FaultKind.FAIL_LATER, 131026),
        ("15552000000", FaultKind.HANG, 0),
        ("15553000000", FaultKind.LOSE_ANSWER, 0),
    ],
)
def test_a_number_determines_its_fault(phone: str, kind: FaultKind, code: int) -> None:
    fault = magic_fault(phone)
    assert fault is not None
    assert (fault.kind, fault.code) == (kind, code)


@pytest.mark.parametrize("phone", ["34600111222", "15554000000", "155501310260"])
def test_other_numbers_do_not_fail(phone: str) -> None:
    assert magic_fault(phone) is None


def test_a_rate_limited_number_answers_429_with_retry_after(sandbox: RunningSandbox) -> None:
    response = send(sandbox, TEXT | {"to": "+15550130429"})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "5")


def test_failures_can_be_planned_and_cancelled(sandbox: RunningSandbox) -> None:
    plan = {"phone": CUSTOMER, "code": 131030, "times": 2}
    assert httpx.post(f"{sandbox.url}/api/failures", json=plan).json() == {"planned": 2}
    assert send(sandbox, TEXT).status_code == 400
    httpx.post(f"{sandbox.url}/api/failures", json=plan | {"times": 0})
    assert send(sandbox, TEXT).status_code == 200


@pytest.mark.usefixtures("web")
def test_a_report_becomes_a_case_over_http(
    sandbox: RunningSandbox, container: Container, read: Read
) -> None:
    def write(words: str) -> dict[str, str]:
        body = {"phone": CUSTOMER, "text": words}
        answer: dict[str, str] = httpx.post(f"{sandbox.url}/api/messages", json=body).json()
        return answer

    assert write(REPORT)["status"] == "delivered"
    run_outbound(container.outbound)
    conversation = httpx.get(f"{sandbox.url}/api/conversations/{CUSTOMER}").json()
    assert [each["author"] for each in conversation["messages"]] == ["customer", "business"]
    write(conversation["messages"][-1]["text"][:6])
    run_outbound(container.outbound)
    assert len(read("SELECT id FROM cc_fraud_cases")) == 1
    assert eventually(
        lambda: (
            {row["status"] for row in read("SELECT status FROM cc_outbound_jobs")} == {"delivered"}
        )
    )
    httpx.get(f"{sandbox.url}/", follow_redirects=True)
    assert eventually(
        lambda: {row["status"] for row in read("SELECT status FROM cc_outbound_jobs")} == {"read"}
    )


@pytest.mark.usefixtures("web")
def test_a_number_that_fails_later_ends_as_a_failed_job(
    sandbox: RunningSandbox, container: Container, read: Read
) -> None:
    phone = "+15551131026"
    httpx.post(f"{sandbox.url}/api/messages", json={"phone": phone, "text": "hello"})

    def has_failed() -> bool:
        run_outbound(container.outbound)
        return read("SELECT status FROM cc_outbound_jobs") == [{"status": "failed"}]

    assert eventually(has_failed, seconds=30)
    (event,) = read("SELECT payload FROM cc_automation_events")
    assert event["payload"]["attempts"] == 5


@pytest.mark.usefixtures("web")
def test_a_job_whose_answer_was_lost_becomes_delivered_by_the_status_webhook(
    sandbox: RunningSandbox, container: Container, read: Read
) -> None:
    sandbox.network.phones.plan(CUSTOMER[1:], Fault(kind=FaultKind.LOSE_ANSWER), times=1)
    httpx.post(f"{sandbox.url}/api/messages", json={"phone": CUSTOMER, "text": "hello"})
    run_outbound(container.outbound)
    assert eventually(
        lambda: read("SELECT status FROM cc_outbound_jobs") == [{"status": "delivered"}]
    )


def test_a_repeated_webhook_can_be_simulated(sandbox: RunningSandbox, web: str, read: Read) -> None:
    assert web
    body = {"phone": CUSTOMER, "text": REPORT, "id": "wamid.same"}
    for _ in range(2):
        httpx.post(f"{sandbox.url}/api/messages", json=body)
    assert len(read("SELECT id FROM cc_inbound_messages")) == 1


def test_the_phone_shows_that_the_product_cannot_be_reached(sandbox: RunningSandbox) -> None:
    body = {"phone": CUSTOMER, "text": "hello"}
    answer = httpx.post(f"{sandbox.url}/api/messages", json=body).json()
    assert answer["status"] == "The application can't be reached."


@pytest.mark.parametrize(
    "path, body",
    [
        ("/api/messages", {"text": "hello"}),
        ("/api/messages", {"phone": "anna", "text": "hello"}),
        ("/api/messages", []),
        ("/api/failures", {"phone": CUSTOMER, "times": -1}),
        ("/api/failures", {"phone": CUSTOMER, "kind": "explode"}),
    ],
)
def test_a_malformed_request_is_explained(sandbox: RunningSandbox, path: str, body: object) -> None:
    response = httpx.post(sandbox.url + path, json=body)
    assert response.status_code == 422
    assert response.json()["error"]


def test_the_page_works_without_javascript(sandbox: RunningSandbox) -> None:
    with httpx.Client(base_url=sandbox.url, follow_redirects=True) as browser:
        page = browser.get("/")
        assert "Fraud desk" in page.text
        page = browser.post(page.url.path, data={"text": "<b>hello</b>"})
        assert "&lt;b&gt;hello&lt;/b&gt;" in page.text
        page = browser.post("/c", data={"phone": "+34 600 333 444", "current": "1"})
        assert page.url.path == "/c/2"
        assert "+34 600 333 444" in page.text
        page = browser.post("/c", data={"phone": "abc", "current": "1"})
        assert page.status_code == 422
        assert "international format" in page.text


def test_the_page_has_a_button_that_sends_the_received_code(sandbox: RunningSandbox) -> None:
    send(sandbox, TEXT | {"text": {"body": "123456 is your code"}})
    page = httpx.get(f"{sandbox.url}/", follow_redirects=True)
    assert 'name="chip" value="123456"' in page.text


def test_the_frame_refreshes_itself_without_javascript(sandbox: RunningSandbox) -> None:
    httpx.get(sandbox.url, follow_redirects=True)
    assert 'http-equiv="refresh"' in httpx.get(f"{sandbox.url}/c/1/messages?frame=1").text


def test_an_unknown_conversation_is_not_found(sandbox: RunningSandbox) -> None:
    assert httpx.get(f"{sandbox.url}/c/99").status_code == 404


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_can_not_send_messages_as_the_customer(
    sandbox: RunningSandbox, headers: Mapping[str, str]
) -> None:
    body = {"phone": CUSTOMER, "text": "hello"}
    response = httpx.post(f"{sandbox.url}/api/messages", json=body, headers=dict(headers))
    assert response.status_code == 403
    assert sandbox.network.phones.all() == []


def test_the_number_of_conversations_and_messages_is_limited() -> None:
    phones = Phones()
    for number in range(MAX_CONVERSATIONS + 10):
        phones.open(str(number))
    for number in range(MAX_MESSAGES + 10):
        phones.add("1", Message(author=Author.CUSTOMER, text=str(number), status="delivered"))
    assert len(phones.all()) == MAX_CONVERSATIONS
    assert len(phones.open("1").messages) == MAX_MESSAGES


ENVIRON = {
    "SANDBOX_PORT": "4000",
    "SANDBOX_WEBHOOK_URL": "http://127.0.0.1:3001/webhooks/whatsapp",
    "WHATSAPP_API_BASE_URL": "http://127.0.0.1:4000/v26.0",
    **{name: text for name, text in SECRETS.items() if name.startswith("WHATSAPP_ACC")},
    "WHATSAPP_APP_SECRET": "app-secret",
    "WHATSAPP_PHONE_NUMBER_ID": "100200300",
}


def test_the_sandbox_starts_with_the_settings_of_the_local_stack() -> None:
    config, port = read_config(ENVIRON)
    assert port == 4000
    assert config.access_token == TOKEN


@pytest.mark.parametrize(
    "name, value",
    [
        ("SANDBOX_WEBHOOK_URL", "https://automation.example/webhooks/whatsapp"),
        ("WHATSAPP_API_BASE_URL", "https://graph.facebook.com/v26.0"),
        ("WHATSAPP_APP_SECRET", ""),
        ("SANDBOX_PORT", "phone"),
        ("SANDBOX_PORT", "70000"),
    ],
)
def test_the_sandbox_refuses_other_machines_and_wrong_settings(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_config(ENVIRON | {name: value})
