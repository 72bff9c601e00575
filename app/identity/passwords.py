"""Check and hash passwords. The hash is salted Argon2id.

The rules follow NIST SP 800-63B-4: they demand length but no mix of characters, common passwords
are refused, and Unicode is normalised before it is hashed.
"""

import base64
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from app.core.errors import InvalidInput, LimitExceeded
from app.core.guessing import strength_of

MIN_LENGTH = 12
MAX_LENGTH = 256
"""Characters. It limits how long one request can keep the hash function busy."""

_MIN_DISTINCT = 5
_LEAST_STRENGTH = 2
"""It takes a million guesses or more."""

HASHED_AT_ONCE = 2
"""More at once would take the processor and 64 MiB of memory each from other requests."""
WAIT_SECONDS = 1.0
"""The longest wait for one of these places."""
_PLACES = BoundedSemaphore(HASHED_AT_ONCE)


def hash_of_nobody(parameters: Parameters) -> str:
    """Return a hash for unknown users: checking it takes as long as checking a user's.

    Salt and digest are random. To compute a digest would take 0.2 s at each start of a process.
    """
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()
        for size in (parameters.salt_len, parameters.hash_len)
    )
    cost = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
    return f"$argon2id$v={parameters.version}${cost}${salt}${digest}"


_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_NOBODY = hash_of_nobody(RFC_9106_LOW_MEMORY)


def check_strength(password: str, *, username: str) -> None:
    """Raise InvalidInput if `password` is too easy to guess."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise _refused(f"have {MIN_LENGTH} to {MAX_LENGTH} characters")
    if len(set(password)) < _MIN_DISTINCT:
        raise _refused(f"have at least {_MIN_DISTINCT} different characters")
    if username.casefold() in password.casefold():
        raise _refused("not contain the username")
    if strength_of(password, known_words=[username]) < _LEAST_STRENGTH:
        raise _refused("be harder to guess: this one is common, or common with a few changes")


def generate_password() -> str:
    """Return a random password of 120 bits that is easy to copy."""
    return secrets.token_urlsafe(15)


def hash_password(password: str) -> str:
    """Return the salted Argon2id hash of `password`; takes tens of milliseconds."""
    return _HASHER.hash(_normalised(password))


def verify_password(password: str, password_hash: str | None) -> bool:
    """Tell whether `password` has this hash. For None the answer is False, after the same time.

    A password that is too long is cut, so that it takes that time too. Raises LimitExceeded if
    no place is free.
    """
    tried = _normalised(password[:MAX_LENGTH])
    with _place():
        try:
            _HASHER.verify(password_hash or _NOBODY, tried)
        except VerificationError:
            return False
    return password_hash is not None and len(password) <= MAX_LENGTH


def needs_rehash(password_hash: str) -> bool:
    """Tell whether `password_hash` was made with other parameters than the current ones."""
    return _HASHER.check_needs_rehash(password_hash)


@contextmanager
def _place() -> Iterator[None]:
    if not _PLACES.acquire(timeout=WAIT_SECONDS):
        raise LimitExceeded("Many people sign in at this moment; try again in a few seconds.")
    try:
        yield
    finally:
        _PLACES.release()


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _refused(rule: str) -> InvalidInput:
    return InvalidInput(f"A password must {rule}.", field="password")
