"""Complete who a message or status is about by the contacts that came beside it. Pure.

WhatsApp names a customer in the item itself and once more among the contacts, and either
place may know only the number or only the user id.
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
    """Return an item of the list `name` with what a contact knows of its customer.

    A contact is taken for the item's customer if they share a number or a user id. What
    the item says itself is never replaced.
    """
    number_field, id_field = FIELDS[name]
    for number, user_id in _known(contacts):
        if item.get(number_field, number) == number and item.get(id_field, user_id) == user_id:
            return {number_field: number, id_field: user_id, **item}
    return item


def _known(contacts: object) -> Iterator[tuple[str, str]]:
    """Yield the number and user id of each contact that has both, well formed."""
    for contact in contacts if isinstance(contacts, list) else ():
        match contact:
            case {"wa_id": str(number), "user_id": str(user_id)}:
                if NUMBER.fullmatch(f"+{number}") and USER_ID.fullmatch(user_id):
                    yield number, user_id
