"""Frozen views of rows: what leaves a feature in place of its ORM objects."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

View = TypeVar("View")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One row of a history table: who did what, when, and the status before and after."""

    actor: str
    action: str
    from_status: str
    to_status: str
    note: str | None
    at: datetime


def view_of(view: type[View], row: object, **more: Any) -> View:
    """Return the dataclass `view` filled from the attributes of `row`, and from `more`."""
    names = (field.name for field in fields(view) if field.name not in more)  # type: ignore[arg-type]
    return view(**{name: getattr(row, name) for name in names}, **more)


def members_of(view: object) -> dict[str, Any]:
    """Return the fields of a view by name, not copied, to be shown with others beside them."""
    return {field.name: getattr(view, field.name) for field in fields(view)}  # type: ignore[arg-type]
