"""Hold the catalogue of events and the drafts together, when a process starts."""

from app.inbox.drafts import drafted_types
from app.outbox.events import CATALOGUE


class IncompleteCatalogue(Exception):
    """An event type may be recorded, but no draft function words it."""


def check_catalogue() -> None:
    """Raise IncompleteCatalogue unless every registered event type has a draft.

    The severity needs no check: a draft can't be registered without a known one.
    """
    if missing := sorted(CATALOGUE.keys() - drafted_types()):
        raise IncompleteCatalogue(
            f"No draft function words events of type {', '.join(missing)};"
            " add one to app/inbox/drafts.py."
        )
