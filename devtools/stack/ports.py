"""Free TCP ports of the loopback interface."""

import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a loopback port that nothing listens on now."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Return whether a server could listen on the loopback `port`."""
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError:
        return False
    return True
