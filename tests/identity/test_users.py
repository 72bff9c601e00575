from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event, text

from app.bootstrap import Container
from app.core.database import Sessions
from app.core.errors import Conflict, InvalidInput
from app.identity.roles import Role
from app.identity.users import Account, authenticate, create_user, ensure_admin
from tests.conftest import TurnableClock

PASSWORD = "a passphrase of some length"
RESTS_UNTIL = "SELECT rests_until FROM cc_sign_in_limits WHERE bucket LIKE 'account:%'"


def sign_in(
    sessions: Sessions, clock: TurnableClock, password: str = PASSWORD, username: str = "maria"
) -> Account | None:
    return authenticate(sessions, username=username, password=password, now=clock())


@pytest.fixture
def maria(sessions: Sessions) -> Account:
    with sessions.begin() as session:
        return create_user(session, username="maria", password=PASSWORD, role=Role.ADMIN)


def test_the_right_password_signs_in(
    sessions: Sessions, clock: TurnableClock, maria: Account
) -> None:
    assert sign_in(sessions, clock) == maria


@pytest.mark.usefixtures("maria")
def test_a_wrong_password_does_not_sign_in(sessions: Sessions, clock: TurnableClock) -> None:
    assert sign_in(sessions, clock, "not the passphrase at all") is None


def test_an_unknown_user_does_not_sign_in(sessions: Sessions, clock: TurnableClock) -> None:
    assert sign_in(sessions, clock, username="nobody") is None


def test_a_sign_in_runs_the_same_statements_for_an_unknown_user(
    container: Container, clock: TurnableClock, maria: Account
) -> None:
    def cost_of(username: str) -> list[str]:
        statements: list[str] = []

        def keep(*arguments: Any) -> None:
            statements.append(arguments[2])

        event.listen(container.engine, "before_cursor_execute", keep)
        sign_in(container.sessions, clock, "not the passphrase at all", username)
        event.remove(container.engine, "before_cursor_execute", keep)
        return statements

    known, unknown = cost_of(maria.username), cost_of("nobody")
    assert known == unknown
    assert any("cc_sign_in_limits" in statement for statement in known)


@pytest.mark.usefixtures("maria")
def test_a_disabled_user_does_not_sign_in(sessions: Sessions, clock: TurnableClock) -> None:
    with sessions.begin() as session:
        session.execute(text("UPDATE cc_users SET is_active = false"))
    assert sign_in(sessions, clock) is None


def test_five_failures_lock_the_account_for_a_minute(
    sessions: Sessions, clock: TurnableClock, maria: Account
) -> None:
    for _ in range(5):
        sign_in(sessions, clock, "wrong wrong wrong")
    assert sign_in(sessions, clock) is None
    clock.advance(seconds=61)
    assert sign_in(sessions, clock) == maria


@pytest.mark.usefixtures("maria")
def test_the_lock_time_doubles_with_each_further_failure_up_to_15_minutes(
    sessions: Sessions, clock: TurnableClock
) -> None:
    rests = []
    for _ in range(12):
        sign_in(sessions, clock, "wrong wrong wrong")
        with sessions.begin() as session:
            until = session.execute(text(RESTS_UNTIL)).scalar_one()
        if until:
            rests.append((until - clock()).total_seconds() / 60)
            clock.now = until
    assert rests == [1, 2, 4, 8, 15, 15, 15, 15]


def test_attempts_during_a_lock_do_not_extend_it(
    sessions: Sessions, clock: TurnableClock, maria: Account
) -> None:
    for _ in range(9):
        sign_in(sessions, clock, "wrong wrong wrong")
    clock.advance(seconds=61)
    assert sign_in(sessions, clock) == maria


def test_signing_in_resets_the_count_of_failures(
    sessions: Sessions, clock: TurnableClock, maria: Account
) -> None:
    for _ in range(3):
        for _ in range(4):
            sign_in(sessions, clock, "wrong wrong wrong")
        assert sign_in(sessions, clock) == maria


@pytest.mark.usefixtures("maria")
def test_a_hash_with_weaker_parameters_is_renewed_at_sign_in(
    sessions: Sessions, clock: TurnableClock
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    with sessions.begin() as session:
        session.execute(text("UPDATE cc_users SET password_hash = :weak"), {"weak": weak})
    assert sign_in(sessions, clock) is not None
    with sessions.begin() as session:
        assert session.execute(text("SELECT password_hash FROM cc_users")).scalar_one() != weak
    assert sign_in(sessions, clock) is not None


def test_a_password_is_the_same_however_its_accents_are_composed(
    sessions: Sessions, clock: TurnableClock
) -> None:
    with sessions.begin() as session:
        create_user(session, username="jose", password="contraseña-larga-é", role=Role.ADMIN)
    decomposed = "contrasen\u0303a-larga-e\u0301"
    assert sign_in(sessions, clock, decomposed, username="jose") is not None


def test_the_first_admin_gets_a_generated_password_that_is_shown_once(
    sessions: Sessions, clock: TurnableClock
) -> None:
    with sessions.begin() as session:
        password = ensure_admin(session, username="admin", password=None)
    assert password is not None
    account = sign_in(sessions, clock, password, username="admin")
    assert account is not None
    assert account.role == "admin"
    with sessions.begin() as session:
        assert ensure_admin(session, username="admin", password=None) is None


def test_a_given_password_is_not_repeated(sessions: Sessions, clock: TurnableClock) -> None:
    with sessions.begin() as session:
        assert ensure_admin(session, username="root", password=PASSWORD) is None
    assert sign_in(sessions, clock, username="root") is not None


def test_an_agent_does_not_count_as_the_first_admin(sessions: Sessions) -> None:
    with sessions.begin() as session:
        create_user(session, username="agent", password=PASSWORD, role=Role.AGENT)
        assert ensure_admin(session, username="admin", password=None) is not None


@pytest.mark.usefixtures("maria")
def test_a_taken_name_is_a_conflict(sessions: Sessions) -> None:
    with sessions.begin() as session, pytest.raises(Conflict, match="maria"):
        create_user(session, username="maria", password=PASSWORD, role=Role.AGENT)


@pytest.mark.parametrize(
    "password, reason",
    [
        ("short", "12 to 256"),
        ("x" * 257, "12 to 256"),
        ("aaaaaaaaaaaaaa", "different"),
        ("my name is Maria!", "username"),
        ("password1234", "guess"),
        ("P@ssword123456", "guess"),
        ("qwertyuiop123", "guess"),
        ("administrator1", "guess"),
        ("abcdefghijklmno", "guess"),
    ],
)
def test_a_weak_password_is_refused(sessions: Sessions, password: str, reason: str) -> None:
    with sessions.begin() as session, pytest.raises(InvalidInput, match=reason):
        create_user(session, username="maria", password=password, role=Role.ADMIN)


@pytest.mark.parametrize("username", ["", "two words", "x" * 65, "<b>"])
def test_an_odd_username_is_refused(sessions: Sessions, username: str) -> None:
    with sessions.begin() as session, pytest.raises(InvalidInput, match="username"):
        create_user(session, username=username, password=PASSWORD, role=Role.ADMIN)
