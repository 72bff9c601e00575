"""Format values for pages: ages, times, names and links."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import g, request, url_for

from app.identity.roles import Identity, Scope
from app.web.context import container
from app.web.links import inside
from app.web.pages.act_words import history_words
from app.web.pages.keyboard import KEYS
from app.web.pages.timelines import page_of

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_AGES_UP_TO = 30 * _DAY

TYPE_NAMES = {
    "automation_dead_letter": "Dead letters",
    "daily_operational_summary_ready": "Daily summary",
    "fraud_case_created": "New fraud case",
    "fraud_case_message_added": "New message in a fraud case",
    "notification_channel_failing": "Notifications don't arrive",
    "otp_verification_stuck": "Verification not completed",
    "outbound_compose_failed": "Messages can't be composed",
    "outbound_failed_max_attempts": "Message failed",
    "outbound_provider_away": "WhatsApp is away",
    "periodic_run_missed": "Periodic job did not run",
    "unverified_answers_limited": "Answer limit reached",
    "webhook_part_quarantined": "Webhook content not understood",
    "wrong_codes_limited": "Too many wrong codes",
}
"""What pages call the types of events and items."""

_QUOTATION = re.compile("(.*?)(“.*”)(.*)", re.DOTALL)

_PLACES = {
    "cases": "fraud case",
    "events": "events",
    "notifications": "channel",
    "outbound": "message",
    "overview": "overview",
    "summaries": "summary",
}


def age(moment: datetime) -> str:
    """Return the age of `moment` in its largest unit, e.g. `5 min`."""
    return duration((container().clock() - moment).total_seconds())


def duration(seconds: float) -> str:
    """Return `seconds` in the largest unit that fits, e.g. `3 h`. Negative values count as 0."""
    match seconds:
        case _ if seconds < _MINUTE:
            return f"{max(int(seconds), 0)} s"
        case _ if seconds < _HOUR:
            return f"{int(seconds // _MINUTE)} min"
        case _ if seconds < _DAY:
            return f"{int(seconds // _HOUR)} h"
        case _:
            return f"{int(seconds // _DAY)} d"


def span(seconds: float) -> str:
    """Return `seconds` in its two largest units, e.g. `1 h 55 min` or `2 d 3 h`."""
    minutes, hours = round(seconds / _MINUTE), round(seconds / _HOUR)
    match seconds:
        case _ if seconds < _MINUTE:
            return f"{int(seconds)} s"
        case _ if minutes < _DAY // _MINUTE:
            return _two_units((minutes // 60, "h"), (minutes % 60, "min"))
        case _:
            return _two_units((hours // 24, "d"), (hours % 24, "h"))


def ago(moment: datetime) -> str:
    """Return the age of `moment` in words: `in 2 h`, `just now`, `5 min ago`, `2 Nov 2026`."""
    seconds = (container().clock() - moment).total_seconds()
    if seconds < -_MINUTE:
        return f"in {duration(-seconds)}"
    if seconds < 10:  # noqa: PLR2004 - nobody counts below ten seconds
        return "just now"
    if seconds > _AGES_UP_TO:
        return _local(moment).strftime("%-d %b %Y")
    return f"{duration(seconds)} ago"


def to_the_second(value: datetime) -> str:
    """Return `value` without its year, to the second, in AUTOMATION_TIMEZONE."""
    return _local(value).strftime("%-d %b, %H:%M:%S")


def moment(value: datetime) -> str:
    """Return `value` in full, in AUTOMATION_TIMEZONE."""
    return _local(value).strftime("%a %-d %b %Y, %H:%M:%S %Z")


def clock_time(value: datetime) -> str:
    """Return `value` in AUTOMATION_TIMEZONE: `14:30` if it is today, else `Fri 27 Nov, 14:30`."""
    local = _local(value)
    if local.date() == _local(container().clock()).date():
        return local.strftime("%H:%M")
    return local.strftime("%a %-d %b, %H:%M")


def quoted_parts(text: str) -> list[str]:
    """Return `text` before, in and after its quotation marks; the middle has the customer's words.

    Without quotation marks the text is the first part.
    """
    found = _QUOTATION.fullmatch(text)
    return list(found.groups()) if found else [text, "", ""]


def ahead(moment: datetime) -> str:
    """Return how far `moment` lies in the future, e.g. `in 5 min`."""
    return f"in {duration((moment - container().clock()).total_seconds())}"


def words(name: str) -> str:
    """Return a stored name in words, e.g. `Fraud case created`."""
    return name.replace("_", " ").capitalize().replace("Otp ", "OTP ")


def type_name(name: str) -> str:
    """Return the name of a type from TYPE_NAMES; for another type, its stored name in words."""
    return TYPE_NAMES.get(name) or words(name)


def link_label(path: str) -> str:
    """Return the label of the button that opens `path`, e.g. `Open the fraud case`."""
    place = re.split("[/?#]", path.removeprefix("/automation/"))[0]
    return f"Open the {_PLACES.get(place, 'page')}"


def slot_words(slot: str) -> str:
    """Return the slot of a periodic job in words: `for 23 Nov 2026`, `planned for …, 21:30 UTC`."""
    if "T" not in slot:
        return f"for {date.fromisoformat(slot):%-d %b %Y}"
    return f"planned for {_local(datetime.fromisoformat(slot)):%-d %b %Y, %H:%M %Z}"


def unbroken(text: str) -> str:
    """Return `text` with no line break inside a masked number."""
    return text.replace("••• ", "•••\N{NO-BREAK SPACE}")


def may_act() -> bool:
    """Tell whether the caller may change things: buttons that would be refused are not shown."""
    caller: Identity | None = g.get("identity")
    return caller is not None and caller.may(Scope.ACT)


def page_values() -> dict[str, Any]:
    """Return the template variables of every page."""
    return {"identity": g.get("identity"), "type_names": TYPE_NAMES, "keyboard": KEYS}


def with_query(**changes: str | None) -> str:
    """Return the address of this page with changed filters and without cursor."""
    query = {name: text for name, text in request.args.items() if text and name != "cursor"}
    query.update({name: text for name, text in changes.items() if text is not None})
    for name in [name for name, text in changes.items() if text is None]:
        query.pop(name, None)
    return f"{request.path}?{urlencode(query)}" if query else request.path


def same_query(endpoint: str) -> str:
    """Return the address of `endpoint` with the filters of this page."""
    query = {name: text for name, text in request.args.items() if text}
    query = {name: text for name, text in query.items() if name not in {"cursor", "limit"}}
    return f"{url_for(endpoint)}?{urlencode(query)}" if query else url_for(endpoint)


def _two_units(*parts: tuple[int, str]) -> str:
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def _local(value: datetime) -> datetime:
    return value.astimezone(ZoneInfo(container().settings.timezone))


FILTERS: dict[str, Callable[..., Any]] = {
    "age": age,
    "ago": ago,
    "ahead": ahead,
    "clock_time": clock_time,
    "duration": duration,
    "inside": inside,
    "link_label": link_label,
    "history_words": history_words,
    "moment": moment,
    "page_of": page_of,
    "to_the_second": to_the_second,
    "quoted_parts": quoted_parts,
    "slot_words": slot_words,
    "span": span,
    "type_name": type_name,
    "unbroken": unbroken,
    "words": words,
}
