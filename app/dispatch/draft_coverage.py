"""Hold the catalogue of events and the drafts together, when a process starts."""

from app.inbox.drafts import drafted_types
from app.outbox.events import CATALOGUE


class MissingDraft(Exception):
    """An event type may be recorded, but no draft function words it."""


def check_draft_coverage() -> None:
    """Raise MissingDraft unless every registered event type has a draft.

    The severity needs no check: a draft can't be registered without a known one.
    """
    if missing := sorted(CATALOGUE.keys() - drafted_types()):
        raise MissingDraft(
            f"No draft function words events of type {', '.join(missing)};"
            " add one to app/inbox/drafts.py."
        )
