"""The pages, rendered by the server. They work without JavaScript; it only refreshes them."""

from flask import Flask

from app.web.pages import (
    bulk,
    cases,
    changes,
    customers,
    events,
    exports,
    inbox_items,
    login,
    notifications,
    outbound,
    overview,
    reports,
    saved_views,
    sessions,
    verifications,
)
from app.web.pages.display import FILTERS, may_act, page_values, same_query, with_query

_PARTS = (
    login,
    inbox_items,
    bulk,
    changes,
    events,
    overview,
    cases,
    customers,
    outbound,
    notifications,
    reports,
    saved_views,
    sessions,
    exports,
    verifications,
)


def install(app: Flask) -> None:
    """Serve the pages, and register the template filters."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # Imported macros see globals only.
    app.jinja_env.globals.update(with_query=with_query, same_query=same_query, may_act=may_act)
    app.context_processor(page_values)
    changes.install(app)
    for module in _PARTS:
        app.register_blueprint(module.blueprint)
