"""Complete the customer of a message or status from the contacts of the webhook. Pure.

WhatsApp names a customer in the item and in the list of contacts. Either place may hold the
number, the user id, or both.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.customers.identity import NUMBER, USER_ID

Json = Mapping[str, Any]

FIELDS = {
    "messages": ("from", "from_user_id"),
    "statuses": ("recipient_id", "recipient_user_id"),
}
"""The fields of an item that hold its customer's number and user id."""


def completed(name: str, item: Json, contacts: object) -> Json:
    """Return an item of the list `name`, completed with the number and user id of its contact.

    A contact belongs to the item if they share a number or a user id. Fields that the item
    has are not replaced.
    """
    number_field, id_field = FIELDS[name]
    for number, user_id in _known(contacts):
        if item.get(number_field, number) == number and item.get(id_field, user_id) == user_id:
            return {number_field: number, id_field: user_id, **item}
    return item


def _known(contacts: object) -> Iterator[tuple[str, str]]:
    """Yield the number and user id of each contact that has both in a valid form."""
    for contact in contacts if isinstance(contacts, list) else ():
        match contact:
            case {"wa_id": str(number), "user_id": str(user_id)}:
                if NUMBER.fullmatch(f"+{number}") and USER_ID.fullmatch(user_id):
                    yield number, user_id
