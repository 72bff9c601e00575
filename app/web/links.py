"""Addresses that came from outside, or out of a row: followed only if they stay inside."""

import re

HOME = "/automation"

_INSIDE = re.compile(r"/automation(?:[/?][\x21-\x5b\x5d-\x7e]*)?")


def inside(address: str | None) -> str | None:
    """Return `address` if it leads to a page of ours, else None; never another site."""
    return address if address and _INSIDE.fullmatch(address) else None
