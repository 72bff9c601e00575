"""The texts of notifications. Pure.

A notification leaves the product, so it has title, severity and link of an item. The text of the
item, with the customer's words, is added only if the channel is set so.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

SHOWN = 20
"""The most items that one notification lists."""
TEXT_LIMIT = 500
"""Characters of the text of an item."""
_SEVERITIES = ("critical", "error", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldItem:
    """An item as it is when the notification is sent. `text` is None unless it may be told."""

    id: int
    type: str
    severity: str
    status: str
    title: str
    text: str | None
    occurrences: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What one notification tells: its id for the receiver, the rule, and the items.

    The most urgent items come first. `rule` is None for a test. `base_url` has no slash at its
    end; it is empty if the address of the product is not set.
    """

    id: str
    rule: str | None
    items: Sequence[ToldItem]
    at: datetime
    base_url: str

    @property
    def headline(self) -> str:
        """One sentence that says how many items there are, and of which severities."""
        if self.rule is None:
            return "This is a test of the Automation Center. Notifications arrive here."
        counts = [
            f"{count} {severity}"
            for severity in _SEVERITIES
            if (count := sum(item.severity == severity for item in self.items))
        ]
        noun = "item" if len(self.items) == 1 else "items"
        return f"{', '.join(counts)} {noun} in the Automation Center"

    @property
    def lines(self) -> list[str]:
        """One line per item, up to SHOWN, then how many more there are."""
        lines = [line_of(item) for item in self.items[:SHOWN]]
        more = len(self.items) - SHOWN
        return [*lines, f"… and {more} more"] if more > 0 else lines

    def link(self, item: ToldItem) -> str:
        """Return the address of the page of an item; a path if the product's is not set."""
        return f"{self.base_url}/automation/items/{item.id}"


def line_of(item: ToldItem) -> str:
    """Return severity, title, count and, for an item that is closed by now, its status."""
    times = f" ({item.occurrences} times)" if item.occurrences > 1 else ""
    closed = f", {item.status} by now" if item.status in {"resolved", "dismissed"} else ""
    return f"{item.severity.capitalize()}: {item.title}{times}{closed}"


def slack_body(news: News) -> bytes:
    """Return the JSON for a webhook that understands Slack's."""
    lines = [f"*{_for_slack(news.headline)}*"]
    for item in news.items[:SHOWN]:
        label = _for_slack(line_of(item))
        lines.append(f"• <{news.link(item)}|{label}>" if news.base_url else f"• {label}")
        if item.text:
            lines.append(f"> {_for_slack(' '.join(item.text.split()))}")
    lines += news.lines[SHOWN:]
    return _json({"text": "\n".join(lines)})


def webhook_body(news: News) -> bytes:
    """Return the JSON of a signed webhook: type, time and data, as Standard Webhooks advise."""
    items = [_members(news, item) for item in news.items[:SHOWN]]
    data = {
        "headline": news.headline,
        "rule": news.rule,
        "count": len(news.items),
        "items": items,
    }
    kind = "inbox.test" if news.rule is None else "inbox.items"
    return _json({"type": kind, "timestamp": news.at.isoformat(), "data": data})


def email_text(news: News) -> str:
    """Return the body of an e-mail."""
    parts = [news.headline + "."] if news.rule else [news.headline]
    for item in news.items[:SHOWN]:
        lines = [line_of(item), news.link(item)]
        parts.append("\n".join([*lines, item.text] if item.text else lines))
    parts += news.lines[SHOWN:]
    if news.rule:
        parts.append(f"Sent by the rule “{news.rule}”.")
    return "\n\n".join(parts) + "\n"


def _members(news: News, item: ToldItem) -> dict[str, object]:
    members: dict[str, object] = {
        "id": item.id,
        "type": item.type,
        "severity": item.severity,
        "status": item.status,
        "title": item.title,
        "occurrences": item.occurrences,
        "created_at": item.created_at.isoformat(),
        "url": news.link(item),
    }
    return members if item.text is None else {**members, "text": item.text}


def _for_slack(text: str) -> str:
    """Escape the three characters with which Slack marks links and mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
