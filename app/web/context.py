"""What a request works with: the container, and the identity that the gate let in."""

from typing import cast

from flask import current_app, g

from app.bootstrap import Container
from app.identity.roles import Identity


def container() -> Container:
    """Return the container of the application that serves this request."""
    return cast("Container", current_app.extensions["container"])


def identity() -> Identity:
    """Return who is asking; only behind the gate, where somebody is."""
    return cast("Identity", g.identity)


def actor() -> str:
    """Return the name under which this request's acts are kept."""
    return identity().name
