"""The conditions of partial indexes on items. Queries use the same texts.

What depends on the time is not stored. `lane` is the part of the inbox that an item is in; it
changes by an act or a recurrence only. `waits_from` is the moment at which an item comes back: the
end of its snooze, its promised time, or its creation. So a list finds the items that are due by
a range of an index, and no job moves them. A trigger keeps both columns.
"""

MOVED = "(lane NOT IN ('open', 'acknowledged') OR last_seen_at <> created_at)"
"""Whether an item has changed since its creation, apart from an acknowledgement.

The indexes by `last_seen_at` hold these items alone, so that the insert of an item doesn't write
to them. For all other items, `last_seen_at` equals `waits_from`.
"""

UNASSIGNED = "(assignee IS NULL AND lane <> 'open')"
"""Items without an assignee. Open ones are left out, because most open items have none."""
