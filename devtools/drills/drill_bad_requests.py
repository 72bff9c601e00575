"""Drill 8A, security: bad requests are refused and change no row."""

import hashlib
import hmac

from devtools.drills.bad_requests import BAD_REQUESTS, BadRequest
from devtools.drills.check_recorder import CheckRecorder
from devtools.drills.evidence import Row

WRITTEN = """
    SELECT (SELECT count(*) FROM cc_inbound_messages) AS messages,
           (SELECT count(*) FROM cc_outbound_jobs) AS jobs,
           (SELECT count(*) FROM cc_admin_inbox_activity) AS changes_of_items,
           (SELECT count(*) FROM cc_automation_event_activity) AS changes_of_events
"""


def run(recorder: CheckRecorder) -> None:
    """Send every bad request of the list, then check that nothing was written."""
    before = recorder.read(WRITTEN)
    rows = [_send(recorder, each) for each in BAD_REQUESTS]
    recorder.record(
        "Each request gets the status in the list, and none gets a 5xx",
        passed=all(expected == got for *_, expected, got in rows),
        source=f"the {len(BAD_REQUESTS)} requests of docs/threats.md, sent to the running web",
        columns=("endpoint", "request", "expected", "status"),
        rows=rows,
    )
    if recorder.target.is_own:
        recorder.check_rows("None of these requests has written a row", WRITTEN, before)


def _send(recorder: CheckRecorder, bad_request: BadRequest) -> Row:
    headers = {**bad_request.headers, "Connection": "close"}  # a refused body may stay unread
    if bad_request.is_signed:
        secret = recorder.target.settings.whatsapp_app_secret.get_secret_value().encode()
        signature = hmac.new(secret, (bad_request.body or "").encode(), hashlib.sha256).hexdigest()
        headers["X-Hub-Signature-256"] = f"sha256={signature}"
    address = f"{bad_request.path}?{bad_request.query}" if bad_request.query else bad_request.path
    response = recorder.target.web.request(
        bad_request.method, address, headers=headers, content=bad_request.body
    )
    return bad_request.endpoint, bad_request.description, bad_request.status, response.status_code
