"""Check that a stored or submitted address leads to a page of this product."""

import re

HOME = "/automation"

_INSIDE = re.compile(r"/automation(?:[/?][\x21-\x5b\x5d-\x7e]*)?")


def inside(address: str | None) -> str | None:
    """Return `address` if it is the path of a page under /automation, otherwise None."""
    return address if address and _INSIDE.fullmatch(address) else None
