"""Read the arguments of a bulk job, for the API and the pages."""

from app.bulk.bulk_actions import Arguments, ItemAction
from app.core.errors import InvalidInput
from app.web.until import read_promise, read_snooze


def arguments_of(
    action: str,
    *,
    note: str | None = None,
    reason: str | None = None,
    assignee: str | None = None,
    until: str | None = None,
) -> Arguments:
    """Return the arguments, with `until` as the moment that it means now. Raises InvalidInput."""
    if action == ItemAction.SNOOZE and not until:
        raise InvalidInput("The field until is missing.", field="until")
    is_snooze = action == ItemAction.SNOOZE
    moment = read_snooze(until or "") if is_snooze else read_promise(until)
    return Arguments(note=note, reason=reason, assignee=assignee, until=moment)
