"""The errors that this product raises on purpose.

::

    AutomationError
    ├── SettingsError      a setting is missing or malformed; the process must not start
    ├── InvalidInput       the caller sent something that can't be used
    ├── NotFound           nothing has that id
    ├── Forbidden          the caller is known, but may not do this
    ├── Conflict           the thing is no longer in the state that the action needs
    ├── LimitExceeded      too often, or too much at once
    └── DatabaseUnavailable  the database is away or busy; the same work may succeed later

Each message is one sentence that says what, which id, and what to do next. Nothing
here knows of HTTP: the web maps the tree to status codes in one place.
"""


class AutomationError(Exception):
    """Anything this product refuses to do, with one sentence for the person who asked."""


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
    """The thing is no longer in the state that the action needs."""


class LimitExceeded(AutomationError):
    """Too often, or too much at once."""


class DatabaseUnavailable(AutomationError):
    """The database is away or busy; the same work may succeed later."""
