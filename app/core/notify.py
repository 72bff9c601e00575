"""Whether a worker listens for PostgreSQL's NOTIFY."""

from sqlalchemy import text
from sqlalchemy.orm import Session

LISTENER_LOCK = 4_711_020
"""Key of the advisory lock that the active listener holds."""

_HELD = text(
    """
    SELECT EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = :key
        AND objsubid = 1 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    """
)


def has_listener(session: Session) -> bool:
    """Tell whether a listener is active on this database."""
    return bool(session.scalar(_HELD, {"key": LISTENER_LOCK}))
