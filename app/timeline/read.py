"""Read the timeline of an item, a case, a message or an event."""

from collections.abc import Callable
from enum import StrEnum
from itertools import chain

from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.core.timeline import PAGE, TimelinePage, Window
from app.fraud.timeline import report_entries
from app.inbox.timeline import item_entries
from app.outbound.timeline import message_entries
from app.outbox.timeline import event_entries
from app.timeline.story import (
    Story,
    story_of_case,
    story_of_event,
    story_of_item,
    story_of_message,
    story_of_verification,
)


class Of(StrEnum):
    """What a timeline is of."""

    CASE = "case"
    EVENT = "event"
    ITEM = "item"
    MESSAGE = "message"
    VERIFICATION = "verification"


_STORIES: dict[Of, Callable[[Session, int], Story]] = {
    Of.CASE: story_of_case,
    Of.EVENT: story_of_event,
    Of.ITEM: story_of_item,
    Of.MESSAGE: story_of_message,
    Of.VERIFICATION: story_of_verification,
}


def read_timeline(  # noqa: PLR0913 - the last two are options
    session: Session,
    of: Of,
    row_id: int,
    *,
    vault: Vault,
    cursor: str | None = None,
    limit: int = PAGE,
) -> TimelinePage:
    """Return the newest entries, or those before `cursor`, newest first.

    The entries are the same from wherever a report is looked at. No entry contains a code.
    Raises NotFound, and InvalidInput on a foreign cursor.
    """
    window = Window.read(cursor, limit=limit)
    story = _STORIES[of](session, row_id)
    report = report_entries(session, story.report, window) if story.report else ()
    language = story.report.language if story.report else None
    return window.page(
        chain(
            report,
            message_entries(session, story.message_ids, window, vault=vault, language=language),
            event_entries(session, story.event_ids, window),
            item_entries(session, story.item_ids, window),
        )
    )
