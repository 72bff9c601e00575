"""Errors of the database in the log hold no values: no parameters, no refused row or key.

The server leaves the values of a refused row out of its error because of row security.
"""

import logging
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.database import Sessions
from app.core.logs import configure_logging

KEY = "an-idempotency-key-of-a-caller"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The lines of the log, as a process of the product writes them."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(process="test", form="json")
    root.addHandler(caplog.handler)
    yield caplog
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("roles", [("admin", "admin"), ("wizard", "admin")])
def test_an_error_of_the_database_is_logged_without_values(
    sessions: Sessions, logged: pytest.LogCaptureFixture, roles: tuple[str, str]
) -> None:
    statement = text(
        "INSERT INTO cc_users (username, password_hash, role)"
        " VALUES (:key, 'x', :first), (:key, 'x', :second)"
    )
    values = {"key": KEY, "first": roles[0], "second": roles[1]}
    with pytest.raises(IntegrityError) as refused, sessions.begin() as session:
        session.execute(statement, values)
    structlog.get_logger("test").error("statement_failed", exc_info=refused.value)
    (line,) = logged.messages
    assert "Traceback" in line
    assert "violates" in line
    assert KEY not in line
