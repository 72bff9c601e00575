"""Codes are random, stored as keyed hashes, and valid for one verification."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from app.core.encryption import Vault
from app.fraud.otp import expires_at, hash_code, is_right, make_code

KEY = Fernet.generate_key().decode()


@pytest.fixture
def vault() -> Vault:
    return Vault(encryption_keys=[KEY], secret_key="a secret key of the tests")


def test_a_code_has_six_digits_zeros_in_front_included() -> None:
    codes = [make_code() for _ in range(2000)]
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(Counter(code[0] for code in codes)) == 10


def test_a_hash_matches_only_its_code(vault: Vault) -> None:
    kept = hash_code("123456", verification_id=1, vault=vault)
    assert is_right("123456", kept, verification_id=1, vault=vault)
    assert not is_right("123457", kept, verification_id=1, vault=vault)
    assert "123456" not in kept.salt + kept.code_hash


def test_a_code_is_wrong_for_another_verification(vault: Vault) -> None:
    kept = hash_code("123456", verification_id=1, vault=vault)
    assert not is_right("123456", kept, verification_id=2, vault=vault)


def test_the_same_code_has_a_different_hash_each_time(vault: Vault) -> None:
    first, second = (hash_code("123456", verification_id=1, vault=vault) for _ in range(2))
    assert first.salt != second.salt
    assert first.code_hash != second.code_hash


def test_without_the_secret_key_a_code_can_not_be_searched_for(vault: Vault) -> None:
    kept = hash_code("123456", verification_id=1, vault=vault)
    thief = Vault(encryption_keys=[KEY], secret_key="another secret key")
    assert not is_right("123456", kept, verification_id=1, vault=thief)


def test_a_code_expires_after_ten_minutes() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert expires_at(now) - now == timedelta(minutes=10)
