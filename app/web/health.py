"""Liveness and readiness, without authentication and without details."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Flask, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.bootstrap import Container
from app.core.schema import is_current
from app.web.context import container
from app.web.stats import BEAT_LIMIT_SECONDS, beat_age

blueprint = Blueprint("health", __name__)


def install(app: Flask) -> None:
    """Serve `/healthz` and `/readyz`."""
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
def live() -> ResponseReturnValue:
    """Answer 200 as long as this process serves requests."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """Answer 200 if all checks pass, otherwise 503. Checks after a failed one are skipped."""
    checks: dict[str, str] = {}
    for name, check in _CHECKS.items():
        checks[name] = "skipped" if "failed" in checks.values() else _outcome(check)
    failed = "failed" in checks.values()
    status = HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK
    return jsonify(status="failed" if failed else "ok", checks=checks), status


def _outcome(check: Callable[[Container], bool]) -> str:
    try:
        return "ok" if check(container()) else "failed"
    except SQLAlchemyError:
        return "failed"


def _database(container: Container) -> bool:
    with container.engine.connect() as connection:
        return connection.scalar(select(1)) == 1


def _migrations(container: Container) -> bool:
    return is_current(container.engine)


def _beat(container: Container) -> bool:
    with container.sessions.begin() as session:
        age = beat_age(session)
    return age is not None and age < BEAT_LIMIT_SECONDS


_CHECKS = {"database": _database, "migrations": _migrations, "beat": _beat}
