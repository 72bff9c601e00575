"""List and revoke users, list tokens, and reset passwords."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.identity.models import ApiToken, User
from app.identity.passwords import check_strength, hash_password
from app.identity.sign_in_limits import forget_attempt, limits_of
from app.identity.web_sessions import end_sessions_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ListedUser:
    """A user; `state` is active or revoked."""

    username: str
    role: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedToken:
    """A token without its text; `state` is active, expired or revoked."""

    id: int
    username: str
    name: str
    state: str
    scopes: Sequence[str]
    expires_at: datetime | None
    last_used_at: datetime | None


def list_users(session: Session) -> Sequence[ListedUser]:
    """Return all users by name."""
    users = session.scalars(select(User).order_by(User.username))
    return [
        ListedUser(user.username, user.role, "active" if user.is_active else "revoked")
        for user in users
    ]


def list_tokens(session: Session, *, now: datetime) -> Sequence[ListedToken]:
    """Return all tokens, oldest first."""
    rows = session.execute(
        select(ApiToken, User).join(User, User.id == ApiToken.user_id).order_by(ApiToken.id)
    )
    return [
        ListedToken(
            id=token.id,
            username=user.username,
            name=token.name,
            state=_state(token, user, now),
            scopes=token.scopes,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
        )
        for token, user in rows
    ]


def reset_password(session: Session, username: str, password: str, *, now: datetime) -> None:
    """Set a user's password, end their sessions and tokens, and forget failed sign-ins.

    Raises NotFound, and InvalidInput on a weak password.
    """
    user = _find(session, username)
    check_strength(password, username=username)
    user.password_hash = hash_password(password)
    forget_attempt(session, limits_of(username=username, address="", device=None)[:1])
    _end_access(session, user, now=now)
    log.info("password_reset", user_id=user.id)


def revoke_user(session: Session, username: str, *, now: datetime) -> None:
    """End a user's sessions and tokens, and refuse further sign-ins. Raises NotFound.

    The row stays, because the history of items names its author.
    """
    user = _find(session, username)
    user.is_active = False
    _end_access(session, user, now=now)
    log.info("user_revoked", user_id=user.id)


def _end_access(session: Session, user: User, *, now: datetime) -> None:
    end_sessions_of(session, user.username, now=now)
    session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def _find(session: Session, username: str) -> User:
    user = session.scalar(select(User).where(User.username == username).with_for_update())
    if user is None:
        raise NotFound(f"There is no user {username}; `automation users list` lists all users.")
    return user


def _state(token: ApiToken, user: User, now: datetime) -> str:
    if token.revoked_at is not None or not user.is_active:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now else "active"
