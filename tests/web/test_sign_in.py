from http import HTTPStatus

import pytest
from flask import Flask

from tests.conftest import TurnableClock
from tests.web.conftest import Browser, csrf_token

pytestmark = pytest.mark.usefixtures("users")


def test_signing_in_leads_to_the_inbox(anonymous: Browser) -> None:
    answer = anonymous.sign_in("maria")
    assert (answer.status_code, answer.location) == (HTTPStatus.SEE_OTHER, "/automation")
    assert "maria" in anonymous.get("/automation").text


def test_signing_in_redirects_to_the_requested_page(anonymous: Browser) -> None:
    login = anonymous.get("/automation/events?status=failed").location
    assert 'value="/automation/events?status=failed"' in anonymous.get(login).text
    answer = anonymous.sign_in("maria", next="/automation/events?status=failed")
    assert answer.location == "/automation/events?status=failed"


@pytest.mark.parametrize(
    "goal",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/automation\\..\\evil",
        "/automationevil.example",
        "/automation/\t/evil.example",
        "javascript:alert(1)",
        "/logout",
    ],
)
def test_signing_in_never_redirects_to_another_site(anonymous: Browser, goal: str) -> None:
    assert anonymous.sign_in("maria", next=goal).location == "/automation"
    assert goal not in anonymous.get("/login", query_string={"next": goal}).text


@pytest.mark.parametrize(
    "username, password",
    [("maria", "wrong wrong wrong"), ("nobody", "wrong wrong wrong"), ("", ""), ("maria", "")],
)
def test_a_refusal_does_not_say_what_was_wrong(
    anonymous: Browser, username: str, password: str
) -> None:
    answer = anonymous.sign_in(username, password)
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert "the username or the password is wrong" in answer.text
    assert "wrong wrong wrong" not in answer.text
    assert anonymous.get("/automation").status_code == HTTPStatus.SEE_OTHER


def test_a_locked_account_gives_the_same_refusal(anonymous: Browser, clock: TurnableClock) -> None:
    wrong = [anonymous.sign_in("maria", "wrong wrong wrong").status_code for _ in range(5)]
    assert set(wrong) == {HTTPStatus.UNAUTHORIZED}
    assert anonymous.sign_in("maria").status_code == HTTPStatus.UNAUTHORIZED
    clock.advance(minutes=2)
    assert anonymous.sign_in("maria").status_code == HTTPStatus.SEE_OTHER


@pytest.mark.parametrize("field", ["username", "password"])
@pytest.mark.parametrize("text", ["\x00", "x" * 2000])
def test_an_impossible_name_or_password_is_refused_in_a_sentence(
    anonymous: Browser, field: str, text: str
) -> None:
    fields = {"username": "maria", "password": "x"} | {field: text}
    answer = anonymous.submit("/login", page="/login", **fields)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert f"The field {field}" in answer.text


def test_a_form_of_another_site_signs_nobody_in(anonymous: Browser) -> None:
    fields = {"username": "maria", "password": "a passphrase of some length"}
    answer = anonymous.client.post("/login", data=fields)
    assert answer.status_code == HTTPStatus.BAD_REQUEST


def test_signing_in_removes_the_data_of_the_former_session(web: Flask) -> None:
    browser = Browser(web.test_client())
    before = csrf_token(browser.get("/login").text)
    browser.sign_in("maria")
    answer = browser.client.post("/automation/overview/dispatch", data={"csrf_token": before})
    assert answer.status_code == HTTPStatus.BAD_REQUEST


def test_signing_out_ends_the_session(admin: Browser) -> None:
    answer = admin.submit("/logout", page="/automation")
    assert answer.location == "/login"
    assert admin.get("/automation").status_code == HTTPStatus.SEE_OTHER


def test_a_person_without_the_role_is_told_so_and_can_sign_out(agent: Browser) -> None:
    answer = agent.get("/automation")
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "agent does not have the admin or auditor role" in answer.text
    signed_out = agent.client.post("/logout", data={"csrf_token": csrf_token(answer.text)})
    assert signed_out.location == "/login"


def test_a_form_of_another_site_signs_nobody_out(admin: Browser) -> None:
    assert admin.client.post("/logout").status_code == HTTPStatus.BAD_REQUEST
    assert admin.get("/automation").status_code == HTTPStatus.OK
