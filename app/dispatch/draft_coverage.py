"""Check at start that every event type has a draft."""

from app.inbox.drafts import drafted_types
from app.outbox.events import CATALOGUE


class MissingDraft(Exception):
    """A registered event type has no draft function."""


def check_draft_coverage() -> None:
    """Raise MissingDraft unless every registered event type has a draft.

    The severity needs no check: a draft can't be registered without a known one.
    """
    if missing := sorted(CATALOGUE.keys() - drafted_types()):
        raise MissingDraft(
            f"There is no draft function for events of type {', '.join(missing)};"
            " add one to app/inbox/drafts.py."
        )
