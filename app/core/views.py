"""Views: frozen dataclasses that features return in place of ORM objects."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

View = TypeVar("View", bound="DataclassInstance")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One entry of a history: who did what, when, and the status before and after."""

    actor: str
    action: str
    from_status: str
    to_status: str
    note: str | None
    at: datetime


def view_of(view: type[View], row: object, **more: Any) -> View:
    """Return an instance of the dataclass `view`.

    A field that is in `more` gets that value. Any other field gets the attribute of `row`
    with its name. Raises AttributeError if `row` does not have it.
    """
    names = (field.name for field in fields(view) if field.name not in more)
    return view(**{name: getattr(row, name) for name in names}, **more)


def members_of(view: "DataclassInstance") -> dict[str, Any]:
    """Return the fields of a view by name. Their values are not copied."""
    return {field.name: getattr(view, field.name) for field in fields(view)}
