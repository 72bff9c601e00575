"""The identity of a customer: a telephone number, a user id, or both. Pure."""

import re
from dataclasses import dataclass, field

from app.core.redaction import mask_phone, mask_user_id

NUMBER = re.compile(r"\+[1-9][0-9]{4,14}")
"""E.164, e.g. `+34600111222`."""
USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
"""A business-scoped user id, e.g. `US.13491208655302741918`, or its parent `US.ENT.…`."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A number, a user id, or both. `repr` hides them.

    Raises ValueError if both are missing, or if one is malformed.
    """

    number: str | None = field(default=None, repr=False)
    user_id: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.number is None and self.user_id is None:
            raise ValueError("An identity needs a number or a user id.")
        if self.number is not None and not NUMBER.fullmatch(self.number):
            raise ValueError("The number of an identity is not in E.164.")
        if self.user_id is not None and not USER_ID.fullmatch(self.user_id):
            raise ValueError("The user id of an identity is malformed.")

    @property
    def address(self) -> "Identity":
        """The address for messages: the number if it is known, otherwise the user id."""
        return Identity(number=self.number) if self.number else self

    @property
    def masked(self) -> str:
        """The displayed form: `••• 1222`, or `US.••• 1918` for a customer without a number."""
        if self.number is not None:
            return mask_phone(self.number)
        return mask_user_id(self.user_id or "")


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """A notice of the provider that the customer `old` now has the identity `new`."""

    old: Identity
    new: Identity
