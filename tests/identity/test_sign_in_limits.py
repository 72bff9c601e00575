"""The limits of sign-ins: per account, browser and address, and in all."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.core.database import Sessions
from app.core.errors import LimitExceeded
from app.identity import passwords
from app.identity.roles import Role
from app.identity.sign_in_limits import Limit, count_attempt, limits_of, network_of
from app.identity.users import authenticate, create_user
from tests.conftest import TurnableClock

PASSWORD = "a passphrase of some length"

SignIn = Callable[..., bool]


@pytest.fixture
def sign_in(sessions: Sessions, clock: TurnableClock) -> SignIn:
    with sessions.begin() as session:
        create_user(session, username="maria", password=PASSWORD, role=Role.ADMIN)

    def run(
        password: str = PASSWORD,
        username: str = "maria",
        address: str = "192.0.2.1",
        device: str | None = None,
    ) -> bool:
        signed_in = authenticate(
            sessions,
            username=username,
            password=password,
            now=clock(),
            address=address,
            device=device,
        )
        return signed_in is not None

    return run


def test_a_stranger_does_not_keep_a_known_browser_out(sign_in: SignIn) -> None:
    for number in range(10):
        sign_in("wrong wrong wrong", address=f"192.0.2.{number}")
    assert not sign_in()
    assert sign_in(device="maria's laptop")


def test_a_known_browser_has_a_limit_too(sign_in: SignIn) -> None:
    for _ in range(5):
        sign_in("wrong wrong wrong", device="maria's laptop")
    assert not sign_in(device="maria's laptop")


def test_one_address_may_not_try_many_accounts(sign_in: SignIn) -> None:
    for number in range(20):
        sign_in("wrong wrong wrong", f"user{number}")
    assert not sign_in()
    assert sign_in(address="198.51.100.7")


def test_a_refusal_for_the_address_does_not_count_against_the_account(sign_in: SignIn) -> None:
    for number in range(20):
        sign_in("wrong wrong wrong", f"user{number}")
    for _ in range(10):
        sign_in("wrong wrong wrong")
    assert sign_in(address="198.51.100.7")


def test_signing_in_takes_the_attempt_back_from_the_address(sign_in: SignIn) -> None:
    for _ in range(40):
        assert sign_in()


def test_a_window_that_has_passed_begins_again(sessions: Sessions, clock: TurnableClock) -> None:
    limit = Limit("all", 3, timedelta(minutes=15))

    def count() -> bool:
        with sessions.begin() as session:
            return count_attempt(session, [limit], now=clock())

    assert [count(), count()] == [True, True]
    clock.advance(minutes=16)
    assert [count(), count(), count(), count()] == [True, True, True, False]


def test_concurrent_attempts_can_not_exceed_a_limit(
    sessions: Sessions, clock: TurnableClock
) -> None:
    limits = limits_of(username="maria", address="192.0.2.1", device=None)
    allowed: list[bool] = []

    def count() -> None:
        with sessions.begin() as session:
            allowed.append(count_attempt(session, limits, now=clock()))

    threads = [threading.Thread(target=count) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(allowed), sum(allowed)) == (12, 5)


@pytest.mark.parametrize(
    "address, network",
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
    ],
)
def test_an_ipv6_address_counts_for_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_more_hashes_at_once_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_PLACES", threading.BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0)
    assert passwords._PLACES.acquire()
    with pytest.raises(LimitExceeded, match="try again in a few seconds"):
        passwords.verify_password("x", None)
    passwords._PLACES.release()
    assert not passwords.verify_password("x", None)
