"""Security: what strangers and bad clients send comes to nothing."""

import hashlib
import hmac

from devtools.drills.attacks import ATTACKS, Attack
from devtools.drills.book import Book
from devtools.drills.evidence import Row

WRITTEN = """
    SELECT (SELECT count(*) FROM cc_inbound_messages) AS messages,
           (SELECT count(*) FROM cc_outbound_jobs) AS jobs,
           (SELECT count(*) FROM cc_admin_inbox_activity) AS acts_on_items,
           (SELECT count(*) FROM cc_automation_event_activity) AS acts_on_events
"""


def play(book: Book) -> None:
    """Send every attack of the list, then look whether anything was written."""
    before = book.read(WRITTEN)
    rows = [_send(book, attack) for attack in ATTACKS]
    book.write(
        "Each request gets the answer that the list names, and never a 5xx",
        passed=all(wanted == got for *_, wanted, got in rows),
        asked=f"the {len(ATTACKS)} requests of docs/threats.md, sent to the web that runs",
        columns=("endpoint", "sends", "wanted", "gets"),
        rows=rows,
    )
    if book.stage.is_own:
        book.rows("None of them has written anything", WRITTEN, before)


def _send(book: Book, attack: Attack) -> Row:
    headers = {**attack.headers, "Connection": "close"}  # what is refused unread stays in it
    if attack.is_signed:
        secret = book.stage.settings.whatsapp_app_secret.get_secret_value().encode()
        signature = hmac.new(secret, (attack.body or "").encode(), hashlib.sha256).hexdigest()
        headers["X-Hub-Signature-256"] = f"sha256={signature}"
    address = f"{attack.path}?{attack.query}" if attack.query else attack.path
    response = book.stage.web.request(attack.method, address, headers=headers, content=attack.body)
    return attack.endpoint, attack.sends, attack.gets, response.status_code
