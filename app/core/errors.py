"""The errors that this product raises on purpose.

::

    AutomationError
    ├── SettingsError      a setting is missing or malformed; the process must not start
    ├── InvalidInput       the caller sent something that can't be used
    ├── NotFound           nothing has that id
    ├── Forbidden          the caller is known, but may not do this
    ├── Conflict           the current state does not allow the action
    │   └── Stale          the row has changed since the caller loaded it
    ├── LimitExceeded      the caller exceeded a limit of number or size
    └── DatabaseUnavailable  the database is away or busy; the same work may succeed later

Each message is one sentence: what happened, to which id, and what to do next. These classes
hold no HTTP status; `app/web/problems.py` maps them to status codes.
"""


class AutomationError(Exception):
    """The base class. The message is one sentence for the person who made the request."""


class SettingsError(AutomationError):
    """A setting is missing or malformed; the process must not start."""


class InvalidInput(AutomationError):
    """The caller sent something that can't be used.

    `field` names the part of the request that is wrong, where there is one.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFound(AutomationError):
    """Nothing has that id."""


class Forbidden(AutomationError):
    """The caller is known, but may not do this."""


class Conflict(AutomationError):
    """The current state does not allow the action."""


class Stale(Conflict):
    """The row has changed since the caller loaded it."""


class LimitExceeded(AutomationError):
    """The caller exceeded a limit of number or size."""


class DatabaseUnavailable(AutomationError):
    """The database is away or busy; the same work may succeed later."""
