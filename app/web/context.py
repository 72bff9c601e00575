"""The container and the caller of the current request."""

from typing import cast

from flask import current_app, g, session

from app.bootstrap import Container
from app.identity.roles import Identity


def container() -> Container:
    """Return the container of the application that serves this request."""
    return cast("Container", current_app.extensions["container"])


def identity() -> Identity:
    """Return the caller. The gate has set it for every route that is not open."""
    return cast("Identity", g.identity)


def actor() -> str:
    """Return the caller's name, which histories store as the author."""
    return identity().name


def offer_undo(item_id: int, *, seconds: int, back: str | None) -> None:
    """Show an Undo button on the next page. After the undo, it redirects to `back`."""
    session["undo"] = {"item_id": item_id, "seconds": seconds, "back": back}
