"""Read who may have items."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import InvalidInput
from app.identity.models import Role, User


def list_assignable(session: Session) -> Sequence[str]:
    """Return the names of the users who may have items: active admins, by name."""
    may_work = (User.is_active, User.role == Role.ADMIN)
    return session.scalars(select(User.username).where(*may_work).order_by(User.username)).all()


def require_assignable(session: Session, username: str) -> None:
    """Raise InvalidInput unless `username` may have items."""
    if username not in list_assignable(session):
        raise InvalidInput(
            f"There is no active admin {username}; choose one who can work on items.",
            field="assignee",
        )
