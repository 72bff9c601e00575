"""Queue notifications about the events of a batch, in the transaction of dispatch."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

# One row per rule and batch, whatever the number of events. Without rules it reads an empty table.
_QUEUE = """
INSERT INTO cc_notifications (channel_id, rule_id, event_ids, severity)
SELECT rule.channel_id, rule.id, %b::bigint[], %s::text
FROM cc_notification_rules AS rule
JOIN cc_notification_channels AS channel ON channel.id = rule.channel_id AND channel.is_active
WHERE rule.is_active AND %s::text = ANY(rule.severities)
  AND (rule.types = '{}' OR %s::text = ANY(rule.types))
"""


@dataclass(frozen=True, slots=True)
class Told:
    """An event that became an item or a part of one, with the type and severity of its draft."""

    event_id: int
    type: str
    severity: str


def queue_notifications(connection: Connection[Any], told: Iterable[Told]) -> None:
    """Queue a notification for each rule that applies, with one statement per type and severity.

    The caller's transaction writes the items, so a notification exists if and only if they do.
    """
    for (type_, severity), event_ids in _grouped(told).items():
        connection.execute(_QUEUE, [event_ids, severity, severity, type_])


def _grouped(told: Iterable[Told]) -> dict[tuple[str, str], list[int]]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in told:
        groups[one.type, one.severity].append(one.event_id)
    return groups
