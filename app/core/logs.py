"""Structured logs: static event names with redacted fields, as JSON or as text."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from app.core.redaction import redact, redact_text

_TALKATIVE = ("celery.worker.strategy", "celery.beat", "alembic", "httpx")
"""Libraries that log several INFO lines per second in normal operation."""

_OWN_FIELDS = frozenset({"timestamp", "level", "logger", "event", "source_address"})
"""Not redacted. `source_address` is a parsed network address, whose digits look like a number."""


def configure_logging(*, process: str, form: str = "auto", level: int = logging.INFO) -> None:
    """Send the log lines of this process and of its libraries through one processor chain.

    Our code logs `log.info("static_name", field=value)`. The message of a library becomes
    the event name. Fields and messages are redacted before they are rendered. `form` is
    `json`, `text`, or `auto` (text on a terminal, otherwise JSON).
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _named(process),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
        _redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(form),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _named(process: str) -> Processor:
    def add_process(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.setdefault("process", process)
        return event

    return add_process


def _renderer(form: str) -> Processor:
    if form == "text" or (form == "auto" and sys.stderr.isatty()):
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer()


def _redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    fields = redact({name: event[name] for name in event if _is_field(name)})
    event.update(fields, event=redact_text(str(event["event"])))
    return event


def _is_field(name: str) -> bool:
    return name not in _OWN_FIELDS and not name.startswith("_")
