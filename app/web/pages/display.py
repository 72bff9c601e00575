"""How values read on a page: ages, moments, names and links."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import g, request

from app.web.context import container
from app.web.links import inside

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_AGES_UP_TO = 30 * _DAY


def age(moment: datetime) -> str:
    """Return how long ago `moment` was, in its largest unit, e.g. `5 min`."""
    return duration((container().clock() - moment).total_seconds())


def duration(seconds: float) -> str:
    """Return `seconds` in the largest unit that fits, e.g. `3 h`; the future counts as now."""
    match seconds:
        case _ if seconds < _MINUTE:
            return f"{max(int(seconds), 0)} s"
        case _ if seconds < _HOUR:
            return f"{int(seconds // _MINUTE)} min"
        case _ if seconds < _DAY:
            return f"{int(seconds // _HOUR)} h"
        case _:
            return f"{int(seconds // _DAY)} d"


def ago(moment: datetime) -> str:
    """Return when `moment` was, as a person says it: `just now`, `5 min ago`, `2 Nov 2026`."""
    seconds = (container().clock() - moment).total_seconds()
    if seconds < 10:  # noqa: PLR2004 - nobody counts below ten seconds
        return "just now"
    if seconds > _AGES_UP_TO:
        return _local(moment).strftime("%-d %b %Y")
    return f"{duration(seconds)} ago"


def moment(value: datetime) -> str:
    """Return `value` in full, in the office's time zone."""
    return _local(value).strftime("%a %-d %b %Y, %H:%M:%S %Z")


def words(name: str) -> str:
    """Return a stored name as words, e.g. `Fraud case created`."""
    return name.replace("_", " ").capitalize().replace("Otp ", "OTP ")


def unbroken(text: str) -> str:
    """Return `text` with its masked numbers kept on one line."""
    return text.replace("••• ", "•••\N{NO-BREAK SPACE}")


def page_values() -> dict[str, Any]:
    """Return what every page is given, whatever its view adds."""
    return {"identity": g.get("identity")}


def with_query(**changes: str | None) -> str:
    """Return this page's address with some of its filters changed, from its first page on."""
    query = {name: text for name, text in request.args.items() if text and name != "cursor"}
    query.update({name: text for name, text in changes.items() if text is not None})
    for name in [name for name, text in changes.items() if text is None]:
        query.pop(name, None)
    return f"{request.path}?{urlencode(query)}" if query else request.path


def _local(value: datetime) -> datetime:
    return value.astimezone(ZoneInfo(container().settings.timezone))


FILTERS: dict[str, Callable[..., Any]] = {
    "age": age,
    "ago": ago,
    "duration": duration,
    "inside": inside,
    "moment": moment,
    "unbroken": unbroken,
    "words": words,
}
