"""Find or create the customer with an identity, and store newly learned parts of it.

Transactions lock in this order: advisory locks on the number and the user id, then customer
rows by id, then rows that refer to customers. So concurrent messages of one customer wait for
each other and create one customer, even if one has the number and another the user id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, or_, select, text, update
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.customers.identity import Identity
from app.customers.merge import merge
from app.customers.models import Customer
from app.customers.search import CustomerSearch

Rows = Sequence[Row[Any]]


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer. The row is locked until the transaction ends. `masked` may be shown."""

    id: int
    masked: str


_COLUMNS: tuple[Any, ...] = (
    Customer.id,
    Customer.number_encrypted,
    Customer.number_fingerprint,
    Customer.user_id_encrypted,
    Customer.user_id_fingerprint,
    Customer.masked,
)
_LOCK_KEYS = text(
    "SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS sorted (key)"
)


def identify(
    session: Session, identity: Identity, *, vault: Vault, is_providers_form: bool = True
) -> KnownCustomer:
    """Return the customer with this number or user id, created if there is none.

    Stores a number or user id that was unknown. If the number and the user id belong to two
    customers, merges them into the older one. `is_providers_form` says that the provider
    spelled the number; messages are then addressed to this spelling.
    """
    search = CustomerSearch.of(identity, vault, is_providers_form=is_providers_form)
    _lock_keys(session, search)
    rows = _lock(session, search.matches)
    if not rows:
        return _create(session, search)
    if len(rows) == 1 and search.is_held_by(rows[0]):
        return KnownCustomer(rows[0].id, rows[0].masked)
    rows = _lock_until_stable(session, search.matches, rows)
    return _unite(session, search, rows) if rows else _create(session, search)


def lock_customer(session: Session, customer_id: int) -> KnownCustomer | None:
    """Lock a customer and return them; None if they were merged into another."""
    query = select(Customer.id, Customer.masked).where(Customer.id == customer_id)
    row = session.execute(query.with_for_update(key_share=True)).one_or_none()
    return KnownCustomer(row.id, row.masked) if row else None


def learn(session: Session, identity: Identity, *, vault: Vault) -> None:
    """Store that a number and a user id belong together, if either belongs to a customer."""
    search = CustomerSearch.of(identity, vault)
    if len(search.keys) > 1:
        rows = session.execute(select(*_COLUMNS).where(search.matches)).all()
        if rows and not (len(rows) == 1 and search.is_held_by(rows[0])):
            identify(session, identity, vault=vault)


def move_identity(session: Session, old: Identity, new: Identity, *, vault: Vault) -> KnownCustomer:
    """Replace the number or the user id of the customer `old` by that of `new`.

    A customer who already has the identity `new` is merged with them. If a user id shows
    that this is another person, that person keeps the user id and loses the number.
    """
    former, search = CustomerSearch.of(old, vault), CustomerSearch.of(new, vault)
    _lock_keys(session, former, search)
    rows = _lock_until_stable(session, or_(former.matches, search.matches), ())
    if not any(_has(row, former) for row in rows):
        return identify(session, new, vault=vault)
    return _unite(session, search, rows, former=former)


def _lock_keys(session: Session, *search: CustomerSearch) -> None:
    keys = sorted({key for each in search for key in each.keys})
    session.execute(_LOCK_KEYS, {"keys": keys})


def _lock(session: Session, condition: ColumnElement[bool]) -> Rows:
    query = select(*_COLUMNS).where(condition).order_by(Customer.id)
    return session.execute(query.with_for_update(key_share=True)).all()


def _lock_until_stable(session: Session, condition: ColumnElement[bool], rows: Rows) -> Rows:
    """Repeat the locking SELECT until it returns the same rows twice.

    A SELECT that waited for a merge misses rows that began to match during the wait.
    """
    while (again := _lock(session, condition)) != rows:
        rows = again
    return rows


def _create(session: Session, search: CustomerSearch) -> KnownCustomer:
    masked = search.identity.masked
    statement = insert(Customer).values(**search.values(), masked=masked).returning(Customer.id)
    return KnownCustomer(session.execute(statement).scalar_one(), masked)


def _unite(
    session: Session, search: CustomerSearch, rows: Rows, *, former: CustomerSearch | None = None
) -> KnownCustomer:
    """Merge `rows` into the oldest customer, and store the identity of `search` there."""
    others = [row for row in rows if _is_other_person(row, search, former, rows)]
    for row in others:
        _take_number(session, row, search.vault)
    ours = [row for row in rows if row not in others]
    kept = ours[0].id
    merge(session, kept=kept, gone=[row.id for row in ours[1:]])
    values = _joined(search, ours)
    session.execute(update(Customer).where(Customer.id == kept).values(**values))
    return KnownCustomer(kept, values["masked"])


def _is_other_person(
    row: Row[Any], search: CustomerSearch, former: CustomerSearch | None, rows: Rows
) -> bool:
    """Tell whether `row` is another person, who had the number before.

    This is certain only if the present holder of the number has another user id.
    """
    holders = [each for each in rows if _has(each, former)] if former else []
    own_ids = {each.user_id_fingerprint for each in holders} - {None}
    if any(each.user_id_fingerprint == search.user_id for each in rows):
        own_ids |= {search.user_id} - {None}
    is_known = row.user_id_fingerprint is not None
    return bool(own_ids) and is_known and row.user_id_fingerprint not in own_ids


def _has(row: Row[Any], search: CustomerSearch) -> bool:
    has_user_id = search.user_id is not None and row.user_id_fingerprint == search.user_id
    return has_user_id or row.number_fingerprint in search.numbers


def _take_number(session: Session, row: Row[Any], vault: Vault) -> None:
    rest = Identity(user_id=vault.decrypt(row.user_id_encrypted))
    session.execute(
        update(Customer)
        .where(Customer.id == row.id)
        .values(number_encrypted=None, number_fingerprint=None, masked=rest.masked)
    )


def _joined(search: CustomerSearch, rows: Rows) -> dict[str, str]:
    """Return the columns of the merged customer; those of `search` replace those of `rows`.

    A number that a person typed does not replace the provider's spelling.
    """
    values: dict[str, str] = {}
    for row in reversed(rows):
        values |= {name: value for name, value in row._mapping.items() if value is not None}  # noqa: SLF001 - SQLAlchemy's public name
    spelled = values.get("number_encrypted")
    was_known = any(row.number_fingerprint in search.numbers for row in rows)
    values |= search.values()
    if spelled and was_known and not search.is_providers_form:
        values["number_encrypted"] = spelled
    del values["id"]
    number, user_id = values.get("number_encrypted"), values.get("user_id_encrypted")
    return {**values, "masked": address_of(number, user_id, vault=search.vault).masked}


def address_of(
    number_encrypted: str | None, user_id_encrypted: str | None, *, vault: Vault
) -> Identity:
    """Return the address of a customer: the number if it is known, otherwise the user id.

    Raises UndecryptableValue.
    """
    if number_encrypted is not None:
        return Identity(number=vault.decrypt(number_encrypted))
    return Identity(user_id=vault.decrypt(user_id_encrypted or ""))
