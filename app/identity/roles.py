"""The caller of a request, and what they may do. Pure.

`SCOPES_OF_ROLE` is the table of permissions, and `require_scope` its only check.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import Forbidden


class Role(StrEnum):
    """What a person is. To add one, add its row to `SCOPES_OF_ROLE`."""

    ADMIN = "admin"
    AUDITOR = "auditor"
    AGENT = "agent"


class Credential(StrEnum):
    """How a caller proved who they are."""

    SESSION = "session"
    BEARER = "bearer"
    ROLE_HEADER = "role_header"


class Scope(StrEnum):
    """What a caller may do: what their role has, and with a token, what the token has too."""

    READ = "read"
    """Calls that change nothing."""
    ACT = "act"
    METRICS = "metrics"


ALL_SCOPES = frozenset(Scope)

SCOPES_OF_ROLE = {
    Role.ADMIN: ALL_SCOPES,
    Role.AUDITOR: frozenset({Scope.READ}),
    Role.AGENT: frozenset[Scope](),
}
"""The permissions of each role. An unknown role has none."""


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

    def may(self, scope: Scope) -> bool:
        """Tell whether both the caller's role and their credential have the scope."""
        return scope in _scopes_of(self.role) & self.scopes


def require_scope(identity: Identity, scope: Scope) -> None:
    """Raise Forbidden unless the caller's role and their credential have the scope."""
    if scope not in _scopes_of(identity.role):
        roles = " or ".join(role for role, scopes in SCOPES_OF_ROLE.items() if scope in scopes)
        raise Forbidden(
            f"{identity.name} does not have the {roles} role, which is required here; "
            "sign in as somebody who has it."
        )
    if scope not in identity.scopes:
        has = ", ".join(sorted(identity.scopes))
        raise Forbidden(f"This token has the scope {has}; this call needs the scope {scope}.")


def _scopes_of(role: str) -> frozenset[Scope]:
    return SCOPES_OF_ROLE[Role(role)] if role in set(Role) else frozenset()
