"""The sandbox as a web application, and as a server for the length of a block."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, abort, jsonify, request
from flask_bootstrap import Bootstrap5
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from devtools.whatsapp_sandbox import graph, phone
from devtools.whatsapp_sandbox.network import Network, SandboxConfig

LOOPBACK = "127.0.0.1"

_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that serves; `network` is its inside, for tests."""

    url: str
    network: Network

    @property
    def api_base_url(self) -> str:
        """What WHATSAPP_API_BASE_URL must be to reach it."""
        return f"{self.url}/v26.0"


def create_sandbox(config: SandboxConfig) -> Flask:
    """Return the sandbox as an application; its `extensions["sandbox"]` wants closing."""
    app = Flask(__name__)
    app.extensions["sandbox"] = Network(config)
    app.config.update(BOOTSTRAP_SERVE_LOCAL=True, MAX_CONTENT_LENGTH=1024 * 1024)
    Bootstrap5(app)
    app.register_blueprint(phone.blueprint)
    app.register_blueprint(graph.blueprint)
    app.register_error_handler(HTTPException, _explain)
    app.before_request(_admit_this_machine_alone)
    return app


@contextmanager
def serve(config: SandboxConfig, *, port: int = 0) -> Iterator[RunningSandbox]:
    """Serve a sandbox on loopback for the length of the block; port 0 takes a free one."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # its lines would hold numbers
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
    """Tell whether a URL names this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _admit_this_machine_alone() -> None:
    """Refuse other sites' pages: they could type as a customer through a visitor's browser."""
    is_foreign = request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}
    if not is_on_this_machine(f"http://{request.host}") or (is_foreign and request.method != "GET"):
        abort(403, "The sandbox serves pages of this machine alone.")


def _explain(error: HTTPException) -> Response:
    if request.path.startswith("/api/"):
        answer = jsonify(error=error.description)
        answer.status_code = error.code or 500
        return answer
    return error.get_response(request.environ)
