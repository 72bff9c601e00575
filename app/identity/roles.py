"""The caller of a request, and the check of their role. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import Forbidden

ADMIN = "admin"
"""The role that every protected call requires."""


class Credential(StrEnum):
    """How a caller proved who they are."""

    SESSION = "session"
    BEARER = "bearer"
    ROLE_HEADER = "role_header"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A known caller. `name` is stored as the author of their actions.

    `session_id` is None unless they signed in with a browser.
    """

    name: str
    role: str
    credential: Credential
    session_id: int | None = None

    @property
    def is_admin(self) -> bool:
        """Whether this caller may use the automation center."""
        return self.role == ADMIN


def require_admin(identity: Identity) -> None:
    """Raise Forbidden unless `identity` has the admin role."""
    if not identity.is_admin:
        raise Forbidden(
            f"{identity.name} does not have the admin role, which is required here; "
            "sign in as an admin."
        )
