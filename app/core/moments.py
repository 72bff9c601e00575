"""Find rows by time in a table whose ids rise with time, without an index of the time.

An id is assigned when the row is inserted, and the time is the start of its transaction. So the
order of the ids is the order of the times, except for transactions that overlap. None of ours
lasts as long as SKEW, because each statement and each pause in a transaction has a limit.
"""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.paging import MAX_ID

SKEW = timedelta(minutes=10)

_BISECT = """
WITH RECURSIVE search (low, high) AS (
    SELECT (SELECT min(id) FROM {table}), (SELECT max(id) + 1 FROM {table})
  UNION ALL
    SELECT CASE WHEN row.is_before THEN row.id + 1 ELSE low END,
           CASE WHEN row.is_before THEN high ELSE low + (high - low) / 2 END
    FROM search LEFT JOIN LATERAL (
        SELECT id, {column} < :moment AND id < high AS is_before FROM {table}
        WHERE id >= low + (high - low) / 2 ORDER BY id LIMIT 1) AS row ON true
    WHERE low < high)
SELECT max(low) FROM search
"""


def ids_between(
    session: Session, moment: InstrumentedAttribute[datetime], since: datetime, until: datetime
) -> tuple[int, int]:
    """Return bounds of the ids of the rows whose `moment` is from `since` to `until`.

    The first is inclusive, the second exclusive. The bounds are wide by SKEW, so the caller
    must compare the times of the rows too. It costs about 20 reads of the primary key.
    """
    return id_since(session, moment, since), id_since(session, moment, until + 2 * SKEW)


def id_since(session: Session, moment: InstrumentedAttribute[datetime], since: datetime) -> int:
    """Return an id that no row with a `moment` from `since` on is below; MAX_ID if there is none.

    Rows of up to SKEW before `since` may have a higher id.
    """
    table = moment.class_.__table__
    statement = _BISECT.format(table=table.name, column=moment.key)
    first: int | None = session.scalar(text(statement), {"moment": since - SKEW})
    return MAX_ID if first is None else first
