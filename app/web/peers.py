"""Which user account of this machine opened a connection to us.

Linux lists each TCP connection with the account that opened it, in `/proc/net/tcp`; see proc(5)
and `net/ipv4/tcp_ipv4.c` of the kernel. Other systems have no such list.
"""

import os
from collections.abc import Iterator
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

_LOCAL, _REMOTE, _STATE, _ACCOUNT = 1, 2, 3, 7
"""The columns that are read: `address:port` twice in hexadecimal, the state, and the user id."""

_ESTABLISHED = "01"
"""A connection that its program has closed is listed as root's, in another state."""


def is_of_this_account(*, port: int, server_port: int) -> bool:
    """Tell whether the account of this process opened the connection from `port` to us.

    True where the system has no list of connections.
    """
    if not any(table.exists() for table in TABLES):
        return True
    accounts = set(_accounts(port, server_port))
    return accounts == {os.geteuid()}


def _accounts(port: int, server_port: int) -> Iterator[int]:
    """Yield the account of each connection between these ports, on any loopback address.

    -1 stands for the unknown account of a connection that is being closed.
    """
    for table in TABLES:
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            columns = line.split()
            ports = (_port(columns[_LOCAL]), _port(columns[_REMOTE]))
            if ports == (port, server_port):
                yield int(columns[_ACCOUNT]) if columns[_STATE] == _ESTABLISHED else -1


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)
