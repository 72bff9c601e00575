"""Search for customers by the fingerprints of an identity."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, or_

from app.core.encryption import Vault
from app.customers.identity import Identity
from app.customers.models import Customer
from app.customers.numbers import spellings


@dataclass(frozen=True, slots=True)
class CustomerSearch:
    """An identity and its fingerprints.

    `numbers` holds a fingerprint for each spelling of the number, the canonical one first.
    Older rows may hold the fingerprint of another spelling.
    """

    identity: Identity
    numbers: tuple[str, ...]
    user_id: str | None
    vault: Vault
    is_providers_form: bool

    @classmethod
    def of(
        cls, identity: Identity, vault: Vault, *, is_providers_form: bool = True
    ) -> "CustomerSearch":
        """Return `identity` with its fingerprints."""
        numbers = spellings(identity.number) if identity.number else ()
        return cls(
            identity,
            tuple(vault.fingerprint("phone", each) for each in numbers),
            vault.fingerprint("user_id", identity.user_id) if identity.user_id else None,
            vault,
            is_providers_form,
        )

    @property
    def number(self) -> str | None:
        """The fingerprint of the canonical number."""
        return self.numbers[0] if self.numbers else None

    @property
    def keys(self) -> list[int]:
        """The keys of the advisory locks for this number and this user id."""
        return [int(each[:16], 16) - 2**63 for each in (self.number, self.user_id) if each]

    @property
    def matches(self) -> ColumnElement[bool]:
        """The SQL condition for customers with this number or this user id."""
        conditions: list[ColumnElement[bool]] = []
        if self.numbers:
            conditions.append(Customer.number_fingerprint.in_(self.numbers))
        if self.user_id:
            conditions.append(Customer.user_id_fingerprint == self.user_id)
        return or_(*conditions)

    def is_held_by(self, row: Row[Any]) -> bool:
        """Tell whether a customer's row already holds the whole identity."""
        has_number = self.number in {None, row.number_fingerprint}
        has_user_id = self.user_id in {None, row.user_id_fingerprint}
        return has_number and has_user_id and not self._is_spelled_anew(row)

    def values(self) -> dict[str, str]:
        """Return the columns that this identity fills."""
        columns: dict[str, str] = {}
        if self.identity.number and self.number:
            columns["number_encrypted"] = self.vault.encrypt(self.identity.number)
            columns["number_fingerprint"] = self.number
        if self.identity.user_id and self.user_id:
            columns["user_id_encrypted"] = self.vault.encrypt(self.identity.user_id)
            columns["user_id_fingerprint"] = self.user_id
        return columns

    def _is_spelled_anew(self, row: Row[Any]) -> bool:
        has_spellings = len(self.numbers) > 1
        if not (self.is_providers_form and has_spellings and row.number_encrypted):
            return False
        return self.vault.decrypt(row.number_encrypted) != self.identity.number
