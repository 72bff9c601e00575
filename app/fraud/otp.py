"""One-time codes by the rules of NIST SP 800-63B-4 for out-of-band secrets.

Section 3.1.3: at least six decimal digits from an approved random generator, valid for at
most 10 minutes, accepted once. Section 3.2.2: attempts are limited. Here the limits are five
wrong codes (`conversation.MAX_WRONG_CODES`), counted across resends, and three sends
(`MAX_SENDS`) per customer in 15 minutes. A code is created at the moment of sending, and only
its keyed hash is stored.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.encryption import Vault
from app.fraud.phrases import CODE_DIGITS

LIFETIME = timedelta(minutes=10)
SEND_WINDOW = timedelta(minutes=15)

_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class HashedCode:
    """The stored form of a code: a random salt and a keyed hash, both in hex."""

    salt: str
    code_hash: str


def make_code() -> str:
    """Return six random decimal digits. All codes are equally likely."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def hash_code(code: str, *, verification_id: int, vault: Vault) -> HashedCode:
    """Return the stored form of `code`. It is valid for this verification only."""
    salt = secrets.token_hex(_SALT_BYTES)
    return HashedCode(salt, _hash(code, salt, verification_id, vault))


def is_right(code: str, kept: HashedCode, *, verification_id: int, vault: Vault) -> bool:
    """Tell in constant time whether `code` has this hash."""
    return hmac.compare_digest(_hash(code, kept.salt, verification_id, vault), kept.code_hash)


def expires_at(now: datetime) -> datetime:
    """Return the time at which a code that is created `now` expires."""
    return now + LIFETIME


def _hash(code: str, salt: str, verification_id: int, vault: Vault) -> str:
    return vault.fingerprint("otp", f"{verification_id}:{salt}:{code}")
