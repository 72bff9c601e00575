"""Values in signed webhooks that no provider should send: each is taken in with what it means."""

import pytest
from flask.testing import FlaskClient

from tests.webhooks.test_whatsapp import body_of, client, message, messages, post
from tests.whatsapp import Customer, Read

__all__ = ["client"]


@pytest.mark.parametrize("code", [2**40, -(2**40), 131026])
def test_a_failure_with_an_extreme_code_fails_its_job_and_no_other(
    client: FlaskClient, customer: Customer, read: Read, code: int
) -> None:
    customer.write("hello")
    customer.run()
    failed = {
        "id": customer.last_message_id(),
        "status": "failed",
        "errors": [{"code": code, "title": "Blocked\x00 by \x00nobody"}],
    }
    body = body_of({"statuses": [failed]}, messages(message("wamid.2", words="help")))
    assert post(client, body).json == {"received": 2, "kept": 0}
    (attempt,) = read("SELECT outcome, error, error_code FROM cc_outbound_attempts")
    assert attempt["outcome"] == "failed"
    assert "\x00" not in attempt["error"]
    assert attempt["error_code"] == (code if code == 131026 else None)


def test_a_sender_in_other_digits_is_no_other_customer(client: FlaskClient, read: Read) -> None:
    arabic = "3" + "".join(chr(0x660 + int(digit)) for digit in "4600111222")
    body = body_of(messages(message() | {"from": arabic}))
    assert post(client, body).json == {"received": 1, "kept": 1}
    assert read("SELECT id FROM cc_customers") == []
    assert len(read("SELECT id FROM cc_quarantined_parts")) == 1


def test_a_number_as_the_type_of_a_message_is_not_stored(client: FlaskClient, read: Read) -> None:
    item = {"from": "34600111222", "id": "wamid.1", "type": "34600999888"}
    assert post(client, body_of(messages(item))).json == {"received": 1, "kept": 0}
    assert read("SELECT kind FROM cc_inbound_messages") == [{"kind": "unknown"}]
