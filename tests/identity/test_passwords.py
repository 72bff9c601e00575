"""Passwords with the parameters of production; all other tests use cheap ones."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from app.identity import passwords
from app.identity.passwords import hash_password, needs_rehash, verify_password
from tests.conftest import HASH_OF_NOBODY, HASHER

PASSWORD = "a passphrase of some length"


@pytest.fixture(autouse=True)
def _parameters_of_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", HASHER)
    monkeypatch.setattr(passwords, "_NOBODY", HASH_OF_NOBODY)


def test_a_password_is_hashed_with_the_parameters_of_rfc_9106_for_little_memory() -> None:
    made = hash_password(PASSWORD)
    assert extract_parameters(made) == RFC_9106_LOW_MEMORY
    assert verify_password(PASSWORD, made)
    assert not verify_password("another passphrase", made)


def test_the_hash_of_an_unknown_user_costs_as_much_and_fits_no_password() -> None:
    assert extract_parameters(HASH_OF_NOBODY) == RFC_9106_LOW_MEMORY
    assert verify_password(PASSWORD, None) is False


def test_a_hash_with_weaker_parameters_is_to_be_renewed() -> None:
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD))
    assert not needs_rehash(HASH_OF_NOBODY)
