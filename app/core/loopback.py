"""Tell whether a host is this machine. Pure."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Tell whether `host` is `localhost` or a loopback address; a name is not looked up."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
