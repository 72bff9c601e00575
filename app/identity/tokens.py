"""Bearer tokens for scripts: 256 random bits, shown once, stored as a SHA-256.

A hash without salt is enough, because nobody can guess the value. The prefix helps people and
secret scanners to recognise a token.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.identity.models import ApiToken, User
from app.identity.roles import ALL_SCOPES, Scope

PREFIX = "ac_"

DEFAULT_DAYS, MAX_DAYS = 90, 365
"""How long a new token is valid."""

_USED_STEP = timedelta(minutes=1)
"""`last_used_at` is at most this much behind, so that few requests write."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. The caller sends `text`, which can't be shown again."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class TokenBearer:
    """The owner of a valid token."""

    username: str
    role: str
    scopes: frozenset[Scope] = ALL_SCOPES


def issue_token(
    session: Session,
    *,
    username: str,
    name: str,
    expires_at: datetime,
    scopes: Collection[Scope] = ALL_SCOPES,
) -> IssuedToken:
    """Issue a token to a user; `name` describes its purpose. Raises NotFound."""
    user_id = session.scalar(select(User.id).where(User.username == username))
    if user_id is None:
        raise NotFound(f"There is no user {username}; create them first.")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user_id,
        name=name,
        token_hash=_hash(text),
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    session.add(token)
    session.flush()
    return IssuedToken(token.id, text)


def verify_token(session: Session, text: str, *, now: datetime) -> TokenBearer | None:
    """Return the owner of the token, or None if it is unknown, revoked or expired.

    A token that can be used has been used, which its row says.
    """
    if not text.startswith(PREFIX):
        return None
    row = session.execute(
        select(User.username, User.role, ApiToken.id, ApiToken.scopes, ApiToken.last_used_at)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(ApiToken.token_hash == _hash(text), ApiToken.revoked_at.is_(None), User.is_active)
        .where(or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now))
    ).one_or_none()
    if row is None:
        return None
    if row.last_used_at is None or row.last_used_at < now - _USED_STEP:
        session.execute(update(ApiToken).where(ApiToken.id == row.id).values(last_used_at=now))
    return TokenBearer(row.username, row.role, frozenset(map(Scope, row.scopes)))


def revoke_token(session: Session, token_id: int) -> None:
    """End a token at once; revoking it again changes nothing. Raises NotFound."""
    revoked_at = func.coalesce(ApiToken.revoked_at, func.now())
    revoked = session.scalar(
        update(ApiToken)
        .where(ApiToken.id == token_id)
        .values(revoked_at=revoked_at)
        .returning(ApiToken.id)
    )
    if revoked is None:
        raise NotFound(f"There is no token {token_id}.")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
