"""Which settings a process refuses to start with. Pure.

Production refuses weak secrets and connections in clear. The local stack accepts both: it runs on
one machine, often with secrets of its user's choice. It alone may trust the role header.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import parse_qs, urlsplit

from app.core.guessing import strength_of
from app.core.loopback import is_loopback


@dataclass(frozen=True, slots=True)
class SecretRule:
    """What a secret needs: a number of characters, and a strength as of `strength_of`."""

    characters: int
    strength: int = 4


SECRETS = {
    "WHATSAPP_VERIFY_TOKEN": SecretRule(12),
    "WHATSAPP_APP_SECRET": SecretRule(16),
    "WHATSAPP_ACCESS_TOKEN": SecretRule(16),
    "AUTOMATION_SECRET_KEY": SecretRule(32),
    "AUTOMATION_ADMIN_PASSWORD": SecretRule(12, strength=2),  # the rule of every password
}

_ENCRYPTION_KEYS = "AUTOMATION_ENCRYPTION_KEYS"
_PROVIDER = "WHATSAPP_API_BASE_URL"
_DATABASES = ("DATABASE_URL", "DATABASE_OWNER_URL")
_BROKER = "CELERY_BROKER_URL"
_ROLE_HEADER = "AUTOMATION_TRUST_ROLE_HEADER"

_KNOWN_WORDS = (
    *("changeme", "change-me", "change_me", "example", "placeholder", "your-", "xxxx"),
    *("verify", "token", "access", "secret", "whatsapp", "automation", "center", "admin", "key"),
)
"""Words that a guesser would try first: those of documentation, and of the settings' own names."""


def production_refusals(given: Mapping[str, str]) -> Iterator[str]:
    """Yield one sentence for each setting that production refuses; none contains a value.

    `given` has the value of each variable that is set.
    """
    secrets = {name: given[name] for name in SECRETS if name in given}
    for name, value in secrets.items():
        rule = SECRETS[name]
        if len(value) < rule.characters:
            yield f"The setting {name} is too short: it needs {rule.characters} characters or more."
        elif strength_of(value, known_words=_KNOWN_WORDS) < rule.strength:
            yield f"The setting {name} is easy to guess; generate a random one."
    keys = given.get(_ENCRYPTION_KEYS, "").split(",")
    values = [*secrets.items(), *((_ENCRYPTION_KEYS, key) for key in keys if key)]
    for (one, value), (other, same) in combinations(values, 2):
        if value == same and one == other:
            yield f"The setting {one} has a key twice; each key needs a value of its own."
        elif value == same:
            yield f"The settings {one} and {other} are equal; each secret needs a value of its own."
    yield from _connections_in_clear(given)


def local_stack_refusals(given: Mapping[str, str]) -> Iterator[str]:
    """Yield one sentence for each setting with which the role header can't be trusted.

    The header needs no password. So the database, the broker and the provider, which is then the
    sandbox, must all be on this machine.
    """
    for name in (_PROVIDER, *_DATABASES, _BROKER):
        if name in given and not _is_on_this_machine(given[name]):
            yield f"The setting {_ROLE_HEADER} is for the local stack alone; {name} is elsewhere."
    if _PROVIDER not in given:
        yield f"The setting {_ROLE_HEADER} is for the local stack alone, with its sandbox."


def _connections_in_clear(given: Mapping[str, str]) -> Iterator[str]:
    provider = given.get(_PROVIDER, "")
    if urlsplit(provider).scheme == "http" and not _is_on_this_machine(provider):
        yield f"The setting {_PROVIDER} must begin with https://, to hide the token."
    for name in _DATABASES:
        url = given.get(name, "")
        is_disabled = "disable" in parse_qs(urlsplit(url).query).get("sslmode", [])
        if is_disabled and not _is_on_this_machine(url):
            yield f"The setting {name} must not disable TLS to another machine."


def _is_on_this_machine(url: str) -> bool:
    """Tell whether each host of `url` is this machine.

    libpq takes hosts from the query too: `host` and `hostaddr`, each a list with commas.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    lists = [parts.netloc.rpartition("@")[2], *query.get("host", []), *query.get("hostaddr", [])]
    return all(_is_this_machine(host) for hosts in lists for host in hosts.split(","))


def _is_this_machine(host: str) -> bool:
    """Tell whether `host`, with or without a port, is a loopback address or a socket's path."""
    if host.startswith(("/", "@")):
        return True
    name = host if host.count(":") > 1 and "[" not in host else urlsplit(f"//{host}").hostname
    return not name or is_loopback(name)
