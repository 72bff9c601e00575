"""The sandbox as a Flask application and as a server."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, abort, jsonify, request
from flask_bootstrap import Bootstrap5
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from app.core.loopback import is_loopback
from devtools.whatsapp_sandbox import graph, phone
from devtools.whatsapp_sandbox.network import Network, SandboxConfig

LOOPBACK = "127.0.0.1"

_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A running sandbox. Tests use `network` to inspect it and to plan faults."""

    url: str
    network: Network

    @property
    def api_base_url(self) -> str:
        """The value of WHATSAPP_API_BASE_URL for this sandbox."""
        return f"{self.url}/v26.0"


def create_sandbox(config: SandboxConfig) -> Flask:
    """Return the application. The caller closes its `extensions["sandbox"]`."""
    app = Flask(__name__)
    app.extensions["sandbox"] = Network(config)
    app.config.update(BOOTSTRAP_SERVE_LOCAL=True, MAX_CONTENT_LENGTH=1024 * 1024)
    Bootstrap5(app)
    app.register_blueprint(phone.blueprint)
    app.register_blueprint(graph.blueprint)
    app.register_error_handler(HTTPException, _error_response)
    app.before_request(_refuse_other_sites)
    return app


@contextmanager
def serve(config: SandboxConfig, *, port: int = 0) -> Iterator[RunningSandbox]:
    """Run a sandbox on loopback until the end of the block; port 0 means a free port."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # request logs would contain numbers
    app = create_sandbox(config)
    server = make_server(LOOPBACK, port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=[_POLL_SECONDS], daemon=True)
    thread.start()
    try:
        yield RunningSandbox(f"http://{LOOPBACK}:{server.port}", app.extensions["sandbox"])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["sandbox"].close()


def is_on_this_machine(url: str) -> bool:
    """Return whether the host of a URL is this machine."""
    return is_loopback(urlsplit(url).hostname or "")


def _refuse_other_sites() -> None:
    """Refuse requests of other sites, which could send messages as a customer.

    They arrive from a developer's browser that has such a site open.
    """
    is_foreign = request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}
    if not is_on_this_machine(f"http://{request.host}") or (is_foreign and request.method != "GET"):
        abort(403, "The sandbox accepts requests only from pages of this machine.")


def _error_response(error: HTTPException) -> Response:
    if request.path.startswith("/api/"):
        answer = jsonify(error=error.description)
        answer.status_code = error.code or 500
        return answer
    return error.get_response(request.environ)
