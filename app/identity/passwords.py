"""What a password must be, and how it is kept: Argon2id, salted, never in clear.

The rules follow NIST SP 800-63B-4: length counts, composition does not, and Unicode is
normalised before it is hashed.
"""

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from app.core.errors import InvalidInput

MIN_LENGTH = 12
MAX_LENGTH = 256
"""Characters. The cap keeps a request from buying hashing work by the megabyte."""

_MIN_DISTINCT = 5
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_urlsafe(32))
"""The hash that is checked when there is no such user, so that both take equally long."""


def check_strength(password: str, *, username: str) -> None:
    """Raise InvalidInput, in one sentence, if `password` is too easy to guess."""
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
    """Tell whether `password` fits; None, for an unknown user, costs the same and never does."""
    if len(password) > MAX_LENGTH:
        return False
    try:
        _HASHER.verify(password_hash or _NOBODY, _normalised(password))
    except VerificationError:
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Tell whether `password_hash` was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _refused(rule: str) -> InvalidInput:
    return InvalidInput(f"A password must {rule}.", field="password")
