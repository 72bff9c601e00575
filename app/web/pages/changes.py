"""What open pages poll: the strip, the newest items, and the rows of a list with their versions.

Every viewer with the same filter gets the same bytes, which a web process computes at most a few
times per second. The rows are read again only if an item has changed, or after ROWS_SECONDS,
because time alone ends a snooze. An unchanged answer is a 304 without a body.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from time import monotonic

from flask import Blueprint, Flask, Response, current_app, render_template, request
from flask.json import dumps

from app.inbox.latest import LatestItem, count_changes, latest_items
from app.web.context import container
from app.web.pages.inbox import list_rows
from app.web.queries import InboxPageQuery
from app.web.requests import read_query
from app.web.shared_reads import SharedReads
from app.web.stats import read_stats

blueprint = Blueprint("changes", __name__, url_prefix="/automation/changes")

FRESH_SECONDS = 0.2
"""How long a web process keeps an answer."""
STRIP_SECONDS = 1.0
ROWS_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class _State:
    """What all open pages show, whatever their filter."""

    changes: int
    read_at: float
    strip: str
    latest: Sequence[LatestItem]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a list: id and version of each."""

    changes: int
    read_at: float
    versions: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    etag: str
    rows: _Rows


def install(app: Flask) -> None:
    """Keep the answers for all requests of `app`."""
    app.extensions["changes"] = SharedReads(seconds=FRESH_SECONDS)


@blueprint.get("")
def show() -> Response:
    """Answer with the present state for the filters of the inbox page, or 304."""
    query = read_query(InboxPageQuery)
    answer = _shared().get(request.query_string, lambda earlier: _answer(query, earlier))
    response = Response(answer.body, content_type="application/json")
    response.set_etag(answer.etag)
    response.make_conditional(request)
    return response


def _shared() -> SharedReads:
    shared: SharedReads = current_app.extensions["changes"]
    return shared


def _answer(query: InboxPageQuery, earlier: _Answer | None) -> _Answer:
    state = _shared().get(_State, _state)
    rows = _rows(query, state, earlier.rows if earlier else None)
    body = dumps({"strip": state.strip, "latest": state.latest, "rows": rows.versions}).encode()
    return _Answer(body, blake2b(body, digest_size=12).hexdigest(), rows)


def _state(earlier: _State | None) -> _State:
    with container().sessions.begin() as session:
        changes = count_changes(session)
        if earlier and _is_current(earlier, changes, STRIP_SECONDS):
            return earlier
        stats = read_stats(session)
        latest = latest_items(session)
    return _State(changes, monotonic(), render_template("_strip.html", stats=stats), latest)


def _rows(query: InboxPageQuery, state: _State, earlier: _Rows | None) -> _Rows:
    if earlier and _is_current(earlier, state.changes, ROWS_SECONDS):
        return earlier
    with container().sessions.begin() as session:
        page = list_rows(session, query)
    return _Rows(state.changes, monotonic(), [(item.id, item.version) for item in page.items])


def _is_current(earlier: _State | _Rows, changes: int, seconds: float) -> bool:
    """Tell whether no item has changed since, and less than `seconds` have passed."""
    return earlier.changes == changes and monotonic() - earlier.read_at < seconds
