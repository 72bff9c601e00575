from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from app.core.database import Sessions
from app.core.errors import NotFound
from app.identity.administration import list_tokens
from app.identity.roles import Role, Scope
from app.identity.tokens import (
    IssuedToken,
    TokenBearer,
    issue_token,
    revoke_token,
    verify_token,
)
from app.identity.users import create_user
from tests.conftest import TurnableClock


@pytest.fixture
def token(sessions: Sessions, clock: TurnableClock) -> IssuedToken:
    with sessions.begin() as session:
        create_user(session, username="bot", password="a passphrase of length", role=Role.ADMIN)
        clock.advance(hours=1)
        expiry = clock().replace(year=2027)
        return issue_token(session, username="bot", name="nightly report", expires_at=expiry)


def holder(sessions: Sessions, clock: TurnableClock, presented: str) -> TokenBearer | None:
    with sessions.begin() as session:
        return verify_token(session, presented, now=clock())


def test_a_token_identifies_its_user(
    sessions: Sessions, clock: TurnableClock, token: IssuedToken
) -> None:
    assert holder(sessions, clock, token.text) == TokenBearer("bot", "admin")


def test_a_token_is_recognisable_and_kept_only_as_a_hash(
    sessions: Sessions, token: IssuedToken
) -> None:
    assert token.text.startswith("ac_")
    with sessions.begin() as session:
        row = session.execute(text("SELECT to_jsonb(t)::text FROM cc_api_tokens t")).scalar_one()
    assert token.text not in row
    assert token.text.removeprefix("ac_") not in row


def test_a_changed_token_is_invalid(
    sessions: Sessions, clock: TurnableClock, token: IssuedToken
) -> None:
    assert holder(sessions, clock, token.text + "x") is None
    assert holder(sessions, clock, token.text.removeprefix("ac_")) is None


def test_an_expired_token_is_invalid(
    sessions: Sessions, clock: TurnableClock, token: IssuedToken
) -> None:
    clock.advance(days=366)
    assert holder(sessions, clock, token.text) is None


def test_a_revoked_token_is_invalid_and_stays_revoked(
    sessions: Sessions, clock: TurnableClock, token: IssuedToken
) -> None:
    for _ in range(2):
        with sessions.begin() as session:
            revoke_token(session, token.id)
    assert holder(sessions, clock, token.text) is None


def test_the_token_of_a_disabled_user_is_invalid(
    sessions: Sessions, clock: TurnableClock, token: IssuedToken
) -> None:
    with sessions.begin() as session:
        session.execute(text("UPDATE cc_users SET is_active = false"))
    assert holder(sessions, clock, token.text) is None


def test_a_token_needs_a_user_who_exists(sessions: Sessions, clock: TurnableClock) -> None:
    with sessions.begin() as session, pytest.raises(NotFound, match="nobody"):
        issue_token(session, username="nobody", name="x", expires_at=clock())


def test_revoking_needs_a_token_that_exists(sessions: Sessions) -> None:
    with sessions.begin() as session, pytest.raises(NotFound, match="99"):
        revoke_token(session, 99)


def test_a_token_has_the_scopes_that_it_was_issued_with(
    sessions: Sessions, clock: TurnableClock, token: IssuedToken
) -> None:
    assert token.id
    with sessions.begin() as session:
        narrow = issue_token(
            session,
            username="bot",
            name="prometheus",
            expires_at=clock() + timedelta(days=1),
            scopes={Scope.METRICS},
        )
    found = holder(sessions, clock, narrow.text)
    assert found is not None
    assert found.scopes == {Scope.METRICS}


def test_the_last_use_of_a_token_is_known_to_the_minute(
    sessions: Sessions, clock: TurnableClock, token: IssuedToken
) -> None:
    def last_use() -> datetime | None:
        with sessions.begin() as session:
            (listed,) = list_tokens(session, now=clock())
        return listed.last_used_at

    assert last_use() is None
    first = clock()
    assert holder(sessions, clock, token.text)
    clock.advance(seconds=59)
    assert holder(sessions, clock, token.text)
    assert last_use() == first
    clock.advance(seconds=2)
    assert holder(sessions, clock, token.text)
    assert last_use() == clock()
