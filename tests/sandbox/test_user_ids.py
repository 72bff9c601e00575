"""A customer with a user id and no number writes, gets answers, and later reveals a number."""

import base64
from typing import Any

import httpx

from app.bootstrap import Container
from app.outbound.runner import run_outbound
from devtools.whatsapp_sandbox.server import RunningSandbox
from tests.sandbox.test_sandbox import TEXT, send
from tests.whatsapp import REPORT, Read

USER = "ES.13491208655302741918"
NUMBER = "+34600111222"


def send_as_customer(sandbox: RunningSandbox, words: str) -> str:
    answer = httpx.post(f"{sandbox.url}/api/messages", json={"phone": USER, "text": words})
    status: str = answer.raise_for_status().json()["status"]
    return status


def shown(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = httpx.get(f"{sandbox.url}/api/conversations/{USER}").json()[
        "messages"
    ]
    return messages


def test_a_customer_without_a_number_opens_a_case_and_later_reveals_a_number(
    web: str, sandbox: RunningSandbox, container: Container, read: Read
) -> None:
    assert web
    assert send_as_customer(sandbox, REPORT) == "delivered"
    run_outbound(container.outbound)
    code = shown(sandbox)[-1]["text"][:6]
    assert send_as_customer(sandbox, code) == "delivered"
    run_outbound(container.outbound)
    assert "case 1" in shown(sandbox)[-1]["text"]
    assert read("SELECT masked FROM cc_customers") == [{"masked": "ES.••• 1918"}]

    numbers = {"user_id": USER, "number": NUMBER}
    httpx.post(f"{sandbox.url}/api/numbers", json=numbers).raise_for_status()
    assert send_as_customer(sandbox, "hello") == "delivered"
    assert read("SELECT masked FROM cc_customers") == [{"masked": "••• 1222"}]
    before = len(shown(sandbox))
    run_outbound(container.outbound)
    assert len(shown(sandbox)) == before + 1
    assert len(read("SELECT id FROM cc_fraud_cases")) == 1
    assert USER in httpx.get(f"{sandbox.url}/c/1").text


def test_a_message_with_a_user_id_in_to_is_accepted_but_not_delivered(
    sandbox: RunningSandbox,
) -> None:
    answer = send(sandbox, TEXT | {"to": USER})
    assert answer.status_code == 200
    assert answer.json()["messages"][0]["id"].startswith("wamid.")
    assert shown(sandbox) == []

    body = {key: value for key, value in TEXT.items() if key != "to"}
    body |= {"recipient": USER, "recipient_type": "individual"}
    assert send(sandbox, body).status_code == 200
    assert [each["text"] for each in shown(sandbox)] == ["hello"]


def test_a_message_id_contains_the_number_as_it_does_at_the_provider(
    sandbox: RunningSandbox,
) -> None:
    message_id = send(sandbox, TEXT).json()["messages"][0]["id"]
    assert NUMBER[1:].encode() in base64.b64decode(message_id.removeprefix("wamid."))
