"""Users: sign in, and the first admin."""

import re
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.database import Sessions
from app.core.errors import Conflict, InvalidInput
from app.core.security_log import record_security
from app.core.settings import Settings
from app.identity.models import User
from app.identity.passwords import (
    check_strength,
    generate_password,
    hash_password,
    needs_rehash,
    verify_password,
)
from app.identity.roles import Role
from app.identity.sign_in_limits import count_attempt, forget_attempt, limits_of

_USERNAME = re.compile(r"[\w.@-]{1,64}")

_FIRST_ADMIN_LOCK = 4_711_002
"""Key of the advisory lock under which the first admin is created."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """A user who may sign in."""

    id: int
    username: str
    role: str


def authenticate(  # noqa: PLR0913 - each is a keyword argument
    sessions: Sessions,
    *,
    username: str,
    password: str,
    now: datetime,
    address: str = "",
    device: str | None = None,
) -> Account | None:
    """Return the account with this `username` and `password`, or None.

    None means an unknown user, a wrong password, too many attempts, or a disabled account.
    Neither the result nor the time that it takes tells which. `address` is the network address
    of the caller, `device` the id of a browser from which this user signed in before. No
    connection is held during the hashing. Raises LimitExceeded while too many others sign in.
    """
    limits = limits_of(username=username, address=address, device=device)
    with sessions.begin() as session:
        may_try = count_attempt(session, limits, now=now)
        user = _find(session, username)
    fits = verify_password(password, user.password_hash if user and may_try else None)
    if user is None or not fits:
        record_security(
            "sign_in_refused",
            source_address=address,
            actor=user.username if user else None,
            reason="wrong_name_or_password" if may_try else "too_many_attempts",
        )
        return None
    with sessions.begin() as session:
        forget_attempt(session, limits)
        account = _sign_in(session, user.id, password, now)
    record_security("signed_in", source_address=address, actor=account.username)
    return account


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


def _find(session: Session, username: str) -> User | None:
    return session.scalar(select(User).where(User.username == username, User.is_active))


def _sign_in(session: Session, user_id: int, password: str, now: datetime) -> Account:
    user = session.get_one(User, user_id)
    user.last_login_at = now
    if needs_rehash(user.password_hash):
        user.password_hash = hash_password(password)
    return _account(user)


def _account(user: User) -> Account:
    return Account(user.id, user.username, user.role)
