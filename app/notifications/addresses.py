"""Check where a notification may be sent to, and find the address to connect to.

An admin enters the URL of a webhook, so it must not reach the machines inside. The name is
resolved once, every address that it has is checked, and the connection is made to an address
that was checked. So a name that resolves to something else a moment later changes nothing.
"""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from urllib.parse import SplitResult, urlsplit

from app.core.errors import InvalidInput

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL = 2_000
MAX_EMAIL = 254
"""Characters, by RFC 5321."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}


class ForbiddenAddress(Exception):
    """The host has an address inside a private network."""


class UnknownHost(Exception):
    """The name of the host can't be resolved."""


@dataclass(frozen=True, slots=True)
class CheckedUrl:
    """A URL and the address to connect to."""

    parts: SplitResult
    address: IpAddress

    @property
    def to_connect(self) -> str:
        """The URL with the address in place of the name."""
        host = f"[{self.address}]" if self.address.version == 6 else str(self.address)  # noqa: PLR2004
        port = f":{self.parts.port}" if self.parts.port else ""
        return self.parts._replace(netloc=host + port).geturl()

    @property
    def host(self) -> str:
        """The name in the certificate and in the Host header."""
        return self.parts.hostname or ""


@dataclass(frozen=True, slots=True)
class AddressRules:
    """`allowed` are networks that may be reached although they are not public."""

    allowed: Sequence[IpNetwork] = ()

    def check_url(self, url: str) -> None:
        """Raise InvalidInput if `url` can never be used. Names are resolved when it is called."""
        parts = _split(url)
        host = parts.hostname or ""
        literal = _literal(host)
        if literal is not None and not self._may_reach(literal):
            raise InvalidInput(f"The address {host} is in a private network.", field="target")
        if parts.scheme == "http" and not self._may_be_plain(host):
            raise InvalidInput("The URL must begin with https://.", field="target")

    def resolve(self, url: str) -> CheckedUrl:
        """Return `url` with an address to connect to. Raises UnknownHost and ForbiddenAddress."""
        parts = urlsplit(url)
        found = _addresses(parts.hostname or "", parts.port or _PORTS[parts.scheme])
        for address in found:
            if not self._may_reach(address):
                raise ForbiddenAddress("The host has an address in a private network.")
            if parts.scheme == "http" and not address.is_loopback:
                raise ForbiddenAddress("Only this machine may be reached without https.")
        return CheckedUrl(parts, found[0])

    def _may_reach(self, address: IpAddress) -> bool:
        real = _embedded(address) or address
        if any(real.version == network.version and real in network for network in self.allowed):
            return True
        return real.is_global and not real.is_multicast

    def _may_be_plain(self, host: str) -> bool:
        """Tell whether `host` is this machine, and the rules allow it. Others need https."""
        literal = ipaddress.ip_address("127.0.0.1") if host == "localhost" else _literal(host)
        return literal is not None and literal.is_loopback and self._may_reach(literal)


def check_email(text: str) -> str:
    """Return an e-mail address without spaces around it. Raises InvalidInput."""
    try:
        address = Address(addr_spec=text.strip())
    except (ValueError, LookupError):
        address = Address()
    if len(text) > MAX_EMAIL or not address.username or "." not in address.domain:
        raise InvalidInput("The e-mail address must look like name@example.com.", field="target")
    return address.addr_spec


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
        parts = SplitResult("", "", "", "", "")
    has_control = any(not char.isprintable() or char.isspace() for char in url)
    if not is_whole or has_control or len(url) > MAX_URL:
        raise InvalidInput("The URL must look like https://example.com/path.", field="target")
    if parts.username or parts.password:
        raise InvalidInput("The URL must not hold a user name or password.", field="target")
    return parts


def _embedded(address: IpAddress) -> IpAddress | None:
    """Return the IPv4 address that an IPv6 address stands for (mapped, 6to4, NAT64), or None."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _addresses(host: str, port: int) -> list[IpAddress]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHost(f"The name {host} can't be resolved.") from error
    return [ipaddress.ip_address(str(where[0]).partition("%")[0]) for *_, where in found]
