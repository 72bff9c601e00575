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


class Scope(StrEnum):
    """What a caller may do. A token has some of them; everybody else has all."""

    READ = "read"
    """Calls that change nothing."""
    ACT = "act"
    METRICS = "metrics"


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A known caller. `name` is stored as the author of their actions.

    `session_id` is None unless they signed in with a browser.
    """

    name: str
    role: str
    credential: Credential
    session_id: int | None = None
    scopes: frozenset[Scope] = ALL_SCOPES

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


def require_scope(identity: Identity, scope: Scope) -> None:
    """Raise Forbidden unless `identity` has the scope."""
    if scope not in identity.scopes:
        has = ", ".join(sorted(identity.scopes))
        raise Forbidden(f"This token has the scope {has}; this call needs the scope {scope}.")
