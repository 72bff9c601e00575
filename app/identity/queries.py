"""Read the users who may be assignees of items."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import InvalidInput
from app.identity.models import User
from app.identity.roles import Role


def list_assignable(session: Session) -> Sequence[str]:
    """Return the names of active admins in alphabetical order. They may be assignees."""
    may_work = (User.is_active, User.role == Role.ADMIN)
    return session.scalars(select(User.username).where(*may_work).order_by(User.username)).all()


def require_assignable(session: Session, username: str) -> None:
    """Raise InvalidInput unless `username` may be an assignee."""
    if username not in list_assignable(session):
        raise InvalidInput(
            f"There is no active admin {username}; `automation users list` lists all users.",
            field="assignee",
        )
