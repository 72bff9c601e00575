"""Sessions of people who have signed in. They are rows, so they can be listed and ended.

The browser holds 256 random bits in its cookie; the row holds their SHA-256. A session ends
after IDLE_LIMIT without activity, and after ABSOLUTE_LIMIT in any case (OWASP ASVS 5.0, 7.3).
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.identity.models import User, WebSession

IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=12)

_SEEN_STEP = timedelta(minutes=1)
"""`last_seen_at` is at most this much behind, so that few requests write."""
_BROWSER_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Client:
    """Where a session was started: the network address, and what the browser says of itself."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person of an active session."""

    session_id: int
    username: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSession:
    """An active session for pages, the API and the command line."""

    id: int
    username: str
    address: str
    browser: str
    started_at: datetime
    last_seen_at: datetime


def start_web_session(session: Session, user_id: int, *, client: Client, now: datetime) -> str:
    """Start a session of a user; return the text for the cookie. It can't be read again."""
    text = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            user_id=user_id,
            token_hash=_hash(text),
            address=client.address,
            browser=client.browser[:_BROWSER_CHARACTERS],
            started_at=now,
            last_seen_at=now,
        )
    )
    return text


def find_signed_in(
    session: Session, text: str, *, now: datetime, is_activity: bool
) -> SignedIn | None:
    """Return who is signed in with the cookie's `text`, or None if that session has ended.

    A request that `is_activity` postpones the idle limit. One that a page makes by itself is not.
    """
    found = session.execute(
        select(WebSession, User)
        .join(User, User.id == WebSession.user_id)
        .where(WebSession.token_hash == _hash(text), User.is_active, _is_active(now))
    ).one_or_none()
    if found is None:
        return None
    row, user = found
    if is_activity and row.last_seen_at < now - _SEEN_STEP:
        row.last_seen_at = now
    return SignedIn(row.id, user.username, user.role)


def list_web_sessions(
    session: Session, *, username: str | None = None, now: datetime
) -> Sequence[ListedSession]:
    """Return the active sessions of one user or of all, the latest seen first."""
    query = (
        select(WebSession, User.username)
        .join(User, User.id == WebSession.user_id)
        .where(User.is_active, _is_active(now))
        .order_by(WebSession.last_seen_at.desc(), WebSession.id.desc())
    )
    if username is not None:
        query = query.where(User.username == username)
    return [
        ListedSession(
            id=row.id,
            username=name,
            address=row.address,
            browser=row.browser,
            started_at=row.started_at,
            last_seen_at=row.last_seen_at,
        )
        for row, name in session.execute(query)
    ]


def end_web_session(session: Session, session_id: int, *, now: datetime) -> int:
    """End a session at once; return 1, or 0 if it had ended. Raises NotFound."""
    row = session.get(WebSession, session_id)
    if row is None:
        raise NotFound(f"There is no session {session_id}.")
    was_active = row.ended_at is None
    row.ended_at = row.ended_at or now
    return int(was_active)


def end_sessions_of(
    session: Session, username: str, *, now: datetime, except_for: int | None = None
) -> int:
    """End all sessions of a user but one; return how many were active. Raises NotFound."""
    user_id = session.scalar(select(User.id).where(User.username == username))
    if user_id is None:
        raise NotFound(f"There is no user {username}.")
    ended = session.scalars(
        update(WebSession)
        .where(WebSession.user_id == user_id, _is_active(now), WebSession.id != (except_for or 0))
        .values(ended_at=now)
        .returning(WebSession.id)
    )
    return len(ended.all())


def _is_active(now: datetime) -> ColumnElement[bool]:
    return and_(
        WebSession.ended_at.is_(None),
        WebSession.started_at > now - ABSOLUTE_LIMIT,
        WebSession.last_seen_at > now - IDLE_LIMIT,
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
