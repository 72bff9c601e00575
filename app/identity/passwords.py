"""Check and hash passwords. The hash is salted Argon2id.

The rules follow NIST SP 800-63B-4: they demand length but no mix of characters, and Unicode
is normalised before it is hashed.
"""

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from app.core.errors import InvalidInput

MIN_LENGTH = 12
MAX_LENGTH = 256
"""Characters. It limits how long one request can keep the hash function busy."""

_MIN_DISTINCT = 5
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_urlsafe(32))
"""The hash that is checked for an unknown user, so that the answer takes equally long."""


def check_strength(password: str, *, username: str) -> None:
    """Raise InvalidInput if `password` is too easy to guess."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise _refused(f"have {MIN_LENGTH} to {MAX_LENGTH} characters")
    if len(set(password)) < _MIN_DISTINCT:
        raise _refused(f"have at least {_MIN_DISTINCT} different characters")
    if username.casefold() in password.casefold():
        raise _refused("not contain the username")


def generate_password() -> str:
    """Return a random password of 120 bits that is easy to copy."""
    return secrets.token_urlsafe(15)


def hash_password(password: str) -> str:
    """Return the salted Argon2id hash of `password`; takes tens of milliseconds."""
    return _HASHER.hash(_normalised(password))


def verify_password(password: str, password_hash: str | None) -> bool:
    """Tell whether `password` has this hash. For None the answer is False, after the same time."""
    if len(password) > MAX_LENGTH:
        return False
    try:
        _HASHER.verify(password_hash or _NOBODY, _normalised(password))
    except VerificationError:
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Tell whether `password_hash` was made with other parameters than the current ones."""
    return _HASHER.check_needs_rehash(password_hash)


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _refused(rule: str) -> InvalidInput:
    return InvalidInput(f"A password must {rule}.", field="password")
