"""Users: sign in, and the first admin.

Every attempt to sign in is counted before the password is checked, so that concurrent
attempts can't exceed the limit. The fifth failure in a row locks the account for one minute,
and each further failure for twice as long, up to 15 minutes. A successful sign-in resets the
count.
"""

import hashlib
import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Interval, bindparam, func, select, text
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.errors import Conflict, InvalidInput
from app.core.settings import Settings
from app.identity.models import Role, User
from app.identity.passwords import (
    check_strength,
    generate_password,
    hash_password,
    needs_rehash,
    verify_password,
)

MAX_FAILURES = 5
FIRST_REST = timedelta(minutes=1)
MAX_REST = timedelta(minutes=15)

_USERNAME = re.compile(r"[\w.@-]{1,64}")

DECOYS = 64
"""The number of rows in cc_sign_in_decoys."""

_COUNT_ATTEMPT = text(
    """
    WITH attempted AS (
        UPDATE cc_users
        SET failed_logins = failed_logins + 1,
            locked_until = CASE WHEN failed_logins + 1 >= :max_failures THEN
                cast(:now AS timestamptz) + least(
                    :first_rest * 2 ^ least(failed_logins + 1 - :max_failures, 10), :max_rest
                ) END
        WHERE username = :username AND is_active
            AND (locked_until IS NULL OR locked_until <= :now)
        RETURNING id, password_hash
    ), decoy AS (
        UPDATE cc_sign_in_decoys SET attempts = attempts + 1
        WHERE slot = :slot AND NOT EXISTS (SELECT FROM attempted)
    )
    SELECT id, password_hash FROM attempted
    """
).bindparams(
    bindparam("first_rest", type_=Interval()),
    bindparam("max_rest", type_=Interval()),
)

_FIRST_ADMIN_LOCK = 4_711_002
"""Key of the advisory lock under which the first admin is created."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """A user who may sign in. A new password changes `stamp`, and this ends old sessions."""

    id: int
    username: str
    role: str
    stamp: str


@dataclass(frozen=True, slots=True)
class _Attempted:
    """A user whose password is checked next."""

    id: int
    password_hash: str


def authenticate(
    sessions: Sessions, *, username: str, password: str, now: datetime
) -> Account | None:
    """Return the account with this `username` and `password`, or None.

    None means an unknown user, a wrong password, or a locked or disabled account. Neither the
    result nor the time that it takes tells which. No connection is held during the hashing.
    """
    with sessions.begin() as session:
        user = _count_attempt(session, username, now)
    fits = verify_password(password, user.password_hash if user else None)
    if user is None or not fits:
        log.warning("sign_in_refused", user_id=user.id if user else None)
        return None
    with sessions.begin() as session:
        return _sign_in(session, user.id, password, now)


def find_account(session: Session, user_id: int) -> Account | None:
    """Return the account with this id, or None if it is missing or disabled."""
    user = session.get(User, user_id)
    return _account(user) if user is not None and user.is_active else None


def create_user(session: Session, *, username: str, password: str, role: Role) -> Account:
    """Create a user. Raises InvalidInput on a weak password, Conflict on a taken name."""
    if not _USERNAME.fullmatch(username):
        raise InvalidInput(
            "A username has 1 to 64 letters, digits or any of . _ @ -", field="username"
        )
    check_strength(password, username=username)
    if session.scalar(select(User.id).where(User.username == username)) is not None:
        raise Conflict(f"The user {username} exists already; choose another name.")
    user = User(username=username, password_hash=hash_password(password), role=role)
    session.add(user)
    session.flush()
    return _account(user)


def ensure_admin(session: Session, *, username: str, password: str | None) -> str | None:
    """Create the first admin if there is none yet. Concurrent calls create one admin.

    Returns the password if it was generated. It is not stored, so the caller must show it.
    Returns None if `password` was given, or if there is an admin already.
    """
    session.execute(select(func.pg_advisory_xact_lock(_FIRST_ADMIN_LOCK)))
    if session.scalar(select(User.id).where(User.role == Role.ADMIN).limit(1)) is not None:
        return None
    chosen = password or generate_password()
    create_user(session, username=username, password=chosen, role=Role.ADMIN)
    log.info("first_admin_created", username=username)
    return None if password else chosen


def ensure_first_admin(session: Session, settings: Settings) -> str | None:
    """Create the first admin with the name and password of the settings; see `ensure_admin`."""
    given = settings.admin_password
    return ensure_admin(
        session,
        username=settings.admin_username,
        password=given.get_secret_value() if given else None,
    )


def _count_attempt(session: Session, username: str, now: datetime) -> _Attempted | None:
    """Count an attempt to sign in. Return None if the user is unknown, disabled or locked.

    Every call runs the same statement and updates one row. Otherwise the response time would
    reveal which names exist.
    """
    values = {
        "username": username,
        "now": now,
        "max_failures": MAX_FAILURES,
        "first_rest": FIRST_REST,
        "max_rest": MAX_REST,
        "slot": zlib.crc32(username.encode()) % DECOYS,
    }
    row = session.execute(_COUNT_ATTEMPT, values).one_or_none()
    return _Attempted(row.id, row.password_hash) if row else None


def _sign_in(session: Session, user_id: int, password: str, now: datetime) -> Account:
    user = session.get_one(User, user_id)
    user.failed_logins = 0
    user.locked_until = None
    user.last_login_at = now
    if needs_rehash(user.password_hash):
        user.password_hash = hash_password(password)
    return _account(user)


def _account(user: User) -> Account:
    stamp = hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]
    return Account(user.id, user.username, user.role, stamp)
