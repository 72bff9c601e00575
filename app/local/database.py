"""The database before the product starts: reachable, up to date, with an admin."""

from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.bootstrap import build
from app.core.errors import AutomationError
from app.core.schema import migrate
from app.core.settings import Settings
from app.identity.users import ensure_admin


class DatabaseError(AutomationError):
    """The database can't be used."""


def prepare(settings: Settings) -> str | None:
    """Migrate, and make the first admin; return the password if one had to be made up.

    Raises DatabaseError with one sentence that shows no password.
    """
    url = make_url(settings.database_url)
    try:
        migrate(settings)
    except OperationalError as error:
        raise DatabaseError(
            f"The database {url.render_as_string()} can't be reached: {_reason(error)}."
        ) from None
    except SQLAlchemyError as error:
        raise DatabaseError(
            f"The database can't be brought up to date: {_reason(error)}."
        ) from None
    return _ensure_admin(settings)


def _ensure_admin(settings: Settings) -> str | None:
    container = build(settings, process="local")
    try:
        with container.sessions.begin() as session:
            return ensure_admin(
                session, username=settings.admin_username, password=settings.admin_password
            )
    finally:
        container.close()


def _reason(error: SQLAlchemyError) -> str:
    original = getattr(error, "orig", None) or error
    return str(original).strip().splitlines()[0].rstrip(".")
