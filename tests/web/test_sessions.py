"""Sessions are kept on the server: a copied cookie is worth nothing after a sign-out."""

from http import HTTPStatus

import pytest
from flask import Flask

from app.core.database import Sessions
from app.identity.administration import reset_password, revoke_user
from tests.conftest import TurnableClock
from tests.web.conftest import PASSWORD, Browser, Program, csrf_token

SESSION = "automation_session"


def is_signed_in(browser: Browser, path: str = "/automation") -> bool:
    return browser.get(path).status_code == HTTPStatus.OK


@pytest.fixture
def other(web: Flask, admin: Browser) -> Browser:  # noqa: ARG001 - maria exists
    """A second browser in which maria is signed in."""
    browser = Browser(web.test_client())
    assert browser.sign_in("maria").status_code == HTTPStatus.SEE_OTHER
    return browser


def test_a_copied_cookie_is_worth_nothing_after_the_sign_out(web: Flask, admin: Browser) -> None:
    cookie = admin.client.get_cookie(SESSION)
    assert cookie is not None
    admin.submit("/logout", page="/automation")
    thief = Browser(web.test_client())
    thief.client.set_cookie(SESSION, cookie.value)
    assert not is_signed_in(thief)


def test_signing_in_again_ends_the_former_session(web: Flask, admin: Browser) -> None:
    cookie = admin.client.get_cookie(SESSION)
    assert cookie is not None
    admin.sign_in("maria")
    thief = Browser(web.test_client())
    thief.client.set_cookie(SESSION, cookie.value)
    assert is_signed_in(admin)
    assert not is_signed_in(thief)


def test_a_session_ends_after_30_minutes_without_activity(
    admin: Browser, clock: TurnableClock
) -> None:
    for _ in range(3):
        clock.advance(minutes=29)
        assert is_signed_in(admin)
    clock.advance(minutes=31)
    assert not is_signed_in(admin)


def test_a_page_that_asks_by_itself_is_no_activity(admin: Browser, clock: TurnableClock) -> None:
    for _ in range(3):
        clock.advance(minutes=14)
        admin.get("/automation/changes")
    assert not is_signed_in(admin)


def test_activity_does_not_extend_a_session_beyond_12_hours(
    admin: Browser, clock: TurnableClock
) -> None:
    for _ in range(24):
        clock.advance(minutes=29)
        assert is_signed_in(admin)
    clock.advance(minutes=29)
    assert not is_signed_in(admin)


def test_a_new_password_ends_sessions_and_tokens(
    sessions: Sessions, admin: Browser, program: Program, clock: TurnableClock
) -> None:
    with sessions.begin() as session:
        reset_password(session, "maria", "another passphrase, quite long", now=clock())
    assert not is_signed_in(admin)
    assert program.get("/api/automation/stats").status_code == HTTPStatus.UNAUTHORIZED


def test_a_revoked_user_is_out_at_once(
    sessions: Sessions, admin: Browser, clock: TurnableClock
) -> None:
    with sessions.begin() as session:
        revoke_user(session, "maria", now=clock())
    assert not is_signed_in(admin)


def test_a_person_ends_their_other_sessions(admin: Browser, other: Browser) -> None:
    page = admin.get("/automation/sessions").text
    assert page.count("This session") == 1
    assert page.count("<td>maria") == 2
    admin.submit("/automation/sessions/end-others", page="/automation/sessions")
    assert is_signed_in(admin)
    assert not is_signed_in(other)


def test_a_single_session_is_ended_by_its_button(admin: Browser, other: Browser) -> None:
    ended = other.submit("/automation/sessions/1/end", page="/automation/sessions")
    assert ended.location == "/automation/sessions"
    assert not is_signed_in(admin)
    other.submit("/automation/sessions/1/end", page="/automation/sessions")
    assert "The session had ended before." in other.get("/automation/sessions").text


def test_the_api_lists_and_ends_sessions(admin: Browser, program: Program) -> None:
    answer = program.get("/api/sessions").get_json()
    (listed,) = answer["items"]
    assert answer["current_id"] is None
    assert (listed["username"], listed["address"]) == ("maria", "127.0.0.1")
    assert program.post(f"/api/sessions/{listed['id']}/end").json == {"ended": 1}
    assert program.post(f"/api/sessions/{listed['id']}/end").json == {"ended": 0}
    assert not is_signed_in(admin)
    unknown = program.post("/api/sessions/end-all", json={"username": "nobody"})
    assert unknown.status_code == HTTPStatus.NOT_FOUND


def test_the_cookie_is_bound_to_the_host_over_https(web: Flask, admin: Browser) -> None:  # noqa: ARG001
    secure = Browser(web.test_client())
    page = secure.get("/login", base_url="https://localhost")
    signed_in = secure.client.post(
        "/login",
        base_url="https://localhost",
        headers={"Referer": "https://localhost/login"},
        data={"csrf_token": csrf_token(page.text), "username": "maria", "password": PASSWORD},
    )
    cookies = signed_in.headers.getlist("Set-Cookie")
    (cookie,) = [each for each in cookies if SESSION in each]
    assert cookie.startswith(f"__Host-{SESSION}=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_a_browser_that_knows_the_account_is_not_locked_out(
    anonymous: Browser, admin: Browser
) -> None:
    admin.submit("/logout", page="/automation")
    for _ in range(5):
        anonymous.sign_in("maria", "wrong wrong wrong")
    assert anonymous.sign_in("maria").status_code == HTTPStatus.UNAUTHORIZED
    assert admin.sign_in("maria").status_code == HTTPStatus.SEE_OTHER


def test_a_forged_device_cookie_is_ignored(anonymous: Browser, admin: Browser) -> None:  # noqa: ARG001
    for _ in range(5):
        anonymous.sign_in("maria", "wrong wrong wrong")
    anonymous.client.set_cookie("automation_device", "eyJtYXJpYSI6IngifQ.forged", path="/login")
    assert anonymous.sign_in("maria").status_code == HTTPStatus.UNAUTHORIZED
