"""Read customers. Numbers and user ids are masked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.encryption import Vault
from app.core.errors import NotFound
from app.core.views import view_of
from app.customers.identity import Identity
from app.customers.models import Customer
from app.customers.search import CustomerSearch


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerView:
    """A customer for the API. `masked` is the masked number or user id."""

    id: int
    masked: str
    created_at: datetime


def find_customer(session: Session, identity: Identity, *, vault: Vault) -> CustomerView:
    """Return the customer with this number or user id. The search uses keyed fingerprints.

    Nothing is stored. Raises NotFound.
    """
    matches = CustomerSearch.of(identity, vault).matches
    row = session.scalar(select(Customer).where(matches).order_by(Customer.id).limit(1))
    if row is None:
        raise NotFound(f"There is no customer {identity.masked}.")
    return view_of(CustomerView, row)
