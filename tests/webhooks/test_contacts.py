"""Customers whose number or user id is only in the contacts of the webhook."""

from typing import Any

import pytest

from app.inbound.contacts import completed

NUMBER, USER_ID = "34600111222", "US.13491208655302741918"
BOTH = {"wa_id": NUMBER, "user_id": USER_ID}
OTHER = {"wa_id": "34600333444", "user_id": "ES.77"}


@pytest.mark.parametrize("item", [{"from": NUMBER}, {"from_user_id": USER_ID}])
def test_a_missing_number_or_user_id_is_taken_from_the_contact(
    item: dict[str, Any],
) -> None:
    whole = {"from": NUMBER, "from_user_id": USER_ID}
    assert completed("messages", item, [OTHER, BOTH]) == whole


def test_a_status_is_completed_from_the_contact_like_a_message() -> None:
    item = {"recipient_user_id": USER_ID}
    assert completed("statuses", item, [BOTH]) == item | {"recipient_id": NUMBER}


@pytest.mark.parametrize(
    "contacts",
    [None, {}, [], [7], [OTHER], [{"wa_id": NUMBER}], [BOTH | {"user_id": "no id"}]],
)
def test_other_contacts_change_nothing(contacts: object) -> None:
    item = {"from": NUMBER, "text": {"body": "hello"}}
    assert completed("messages", item, contacts) == item


def test_fields_of_the_message_are_never_replaced() -> None:
    item = {"from": NUMBER, "from_user_id": "ES.1"}
    assert completed("messages", item, [BOTH]) == item
