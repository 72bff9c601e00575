"""What production refuses in its settings: weak secrets, and connections in clear. Pure.

The local stack is exempt: it runs on one machine, often with secrets of its user's choice.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from itertools import combinations
from urllib.parse import parse_qs, urlsplit

SECRETS = {
    "WHATSAPP_VERIFY_TOKEN": 12,
    "WHATSAPP_APP_SECRET": 16,
    "WHATSAPP_ACCESS_TOKEN": 16,
    "AUTOMATION_SECRET_KEY": 32,
    "AUTOMATION_ADMIN_PASSWORD": 12,
}
"""The secrets, and the fewest characters of each."""

FEWEST_DIFFERENT = 6
"""Different characters of a secret."""

_PLACEHOLDERS = ("changeme", "change-me", "change_me", "example", "placeholder", "your-", "xxxx")
_DATABASES = ("DATABASE_URL", "DATABASE_OWNER_URL")


def refusals(given: Mapping[str, str]) -> Iterator[str]:
    """Yield one sentence for each setting that production refuses; none contains a value.

    `given` has the value of each variable that is set.
    """
    secrets = {name: given[name] for name in SECRETS if name in given}
    for name, value in secrets.items():
        if len(value) < SECRETS[name]:
            yield f"The setting {name} is too short: it needs {SECRETS[name]} characters or more."
        elif len(set(value)) < FEWEST_DIFFERENT or _is_placeholder(value):
            yield f"The setting {name} is easy to guess; generate a random one."
    for (one, value), (other, same) in combinations(secrets.items(), 2):
        if value == same:
            yield f"The settings {one} and {other} are equal; each secret needs a value of its own."
    yield from _connections_in_clear(given)


def _connections_in_clear(given: Mapping[str, str]) -> Iterator[str]:
    provider = urlsplit(given.get("WHATSAPP_API_BASE_URL", ""))
    if provider.scheme == "http" and not _is_this_machine(provider.hostname):
        yield "The setting WHATSAPP_API_BASE_URL must begin with https://, to hide the token."
    for name in _DATABASES:
        parts = urlsplit(given.get(name, ""))
        is_disabled = "disable" in parse_qs(parts.query).get("sslmode", [])
        if is_disabled and not _is_this_machine(parts.hostname):
            yield f"The setting {name} must not disable TLS to another machine."


def _is_placeholder(value: str) -> bool:
    return any(word in value.lower() for word in _PLACEHOLDERS)


def _is_this_machine(host: str | None) -> bool:
    if not host or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
