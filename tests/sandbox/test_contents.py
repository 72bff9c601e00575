"""Templates, the 24-hour window, and what a restart of the sandbox keeps."""

import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.bootstrap import Container
from app.fraud.approved_texts import FreeText
from app.fraud.correspondence import read_correspondence
from app.fraud.reply_to_case import reply_to_case
from devtools.stack.environment import local_environment
from devtools.stack.ports import LOOPBACK
from devtools.whatsapp_sandbox.contents import GraphError, text_of
from devtools.whatsapp_sandbox.memory import Memory
from devtools.whatsapp_sandbox.server import RunningSandbox
from devtools.whatsapp_sandbox.state import Author, Message, Phones
from tests.sandbox.test_sandbox import TEXT, eventually, send
from tests.whatsapp import CUSTOMER, REPORT, Customer

PHONE = CUSTOMER[1:]
TEMPLATE: dict[str, Any] = {
    "name": "case_news",
    "language": {"code": "es"},
    "components": [{"type": "body", "parameters": [{"type": "text", "text": "937"}]}],
}


def template(**changes: Any) -> dict[str, Any]:
    return {"type": "template", "template": TEMPLATE | changes}


def test_a_template_arrives_in_the_words_that_were_approved(sandbox: RunningSandbox) -> None:
    assert send(sandbox, TEXT | template()).status_code == 200
    words = sandbox.network.phones.open(PHONE).messages[-1].text
    assert words.startswith("Tenemos novedades sobre tu aviso de fraude, el caso 937.")


@pytest.mark.parametrize(
    "changes, code, status",
    [
        ({"name": "never_approved"}, 132001, 404),
        ({"language": {"code": "de"}}, 132001, 404),
        ({"components": []}, 132000, 400),
        ({"components": [*TEMPLATE["components"], *TEMPLATE["components"]]}, 132000, 400),
        ({"components": [{"type": "body", "parameters": [{"type": "text"}]}]}, 131008, 400),
        ({"language": "es"}, 131008, 400),
        ({"name": "No Template"}, 131008, 400),
    ],
)
def test_a_template_that_was_not_approved_is_refused_as_meta_does(
    sandbox: RunningSandbox, changes: dict[str, Any], code: int, status: int
) -> None:
    answer = send(sandbox, TEXT | template(**changes))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_template_needs_no_components_if_it_has_no_parameters() -> None:
    with pytest.raises(GraphError) as refused:
        text_of(template(components=[]))
    assert refused.value.code == 132000


def test_a_text_outside_the_window_fails_with_metas_error_and_a_template_arrives(
    container: Container, customer: Customer, sandbox: RunningSandbox, web: str
) -> None:
    phone = {"phone": CUSTOMER}
    httpx.post(f"{sandbox.url}/api/messages", json=phone | {"text": REPORT})
    httpx.post(f"{sandbox.url}/api/messages", json=phone | {"text": customer.code()})
    customer.run()
    httpx.post(f"{sandbox.url}/api/time", json=phone | {"hours": 24.1})
    with container.sessions.begin() as session:
        reply_to_case(session, 1, FreeText("Hello"), actor="maria", vault=container.vault)

    def has_failed() -> bool:
        customer.run()
        with container.sessions.begin() as session:
            newest = read_correspondence(session, 1, vault=container.vault).items[0]
        return newest.status == "failed" and "only templates" in (newest.error or "")

    assert eventually(has_failed)
    assert "Hello" not in customer.inbox()
    assert send(sandbox, TEXT | template()).status_code == 200
    assert customer.inbox()[-1].startswith("Tenemos novedades")
    assert web


def test_a_customer_who_never_wrote_can_be_written_to(sandbox: RunningSandbox) -> None:
    assert send(sandbox, TEXT).status_code == 200
    assert sandbox.network.phones.open(PHONE).messages[-1].text == "hello"


def test_a_restart_keeps_chats_numbers_and_the_window(tmp_path: Path) -> None:
    before, path = Phones(), tmp_path / "sandbox.json"
    before.add(PHONE, Message(author=Author.CUSTOMER, text=REPORT, status="delivered"))
    before.reveal("ES.13491208655302741918", "34600333444")
    Memory(path, before).save()
    after = Phones()
    Memory(path, after)
    assert after.all() == before.all()
    assert after.last_written(PHONE) == before.last_written(PHONE)
    assert after.open("34600555666").id == 3
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_port_of_the_phone_is_kept_unless_another_program_has_it(tmp_path: Path) -> None:
    def port(**given: str) -> str:
        return local_environment(given, folder=tmp_path, servers={})["SANDBOX_PORT"]

    first = port()
    assert port() == first
    assert port(SANDBOX_PORT="4711") == "4711"
    with socket.create_server((LOOPBACK, int(first))):
        assert port() != first


def test_the_messages_can_be_scrolled_with_the_keyboard(sandbox: RunningSandbox) -> None:
    page = httpx.get(f"{sandbox.url}/", follow_redirects=True)
    assert 'role="log" aria-live="polite" aria-label="Messages" tabindex="0"' in page.text
    assert 'class="frame" tabindex="0"' in httpx.get(f"{page.url}/messages?frame=1").text
