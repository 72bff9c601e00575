"""The faults that the sandbox simulates, and the numbers that cause them.

Messages to the numbers in this table always fail. `CCCCCC` is an error code of the Cloud
API, padded with zeros.
=================  ============================================================
`+1 555 0 CCCCCC`  refused with that code: `+15550131026` can't be reached,
                   `+15550131030` is not on the test list, `+15550130429` meets
                   the rate limit with `Retry-After: 5`, `+15550000500` meets a
                   bare HTTP 500
`+1 555 1 CCCCCC`  accepted, then reported as failed with that code
`+1 555 2 000000`  accepted, but the answer comes after 30 seconds
`+1 555 3 000000`  accepted and delivered, but the connection breaks without an answer
=================  ============================================================

Messages to every other number are delivered.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

SLOW_SECONDS = 30.0
RATE_LIMIT_RETRY_AFTER = 5

_MAGIC = re.compile(r"1555([0-3])(\d{6})")
_RATE_LIMITS = frozenset({4, 80007, 130429})
_SERVER_ERRORS = frozenset({1, 2, 131000, 131016})


class FaultKind(StrEnum):
    """The kinds of failure."""

    REFUSE = "refuse"
    FAIL_LATER = "fail_later"
    HANG = "hang"
    LOSE_ANSWER = "lose_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One simulated failure. `retry_after` and `seconds` (the duration of HANG) are in seconds."""

    kind: FaultKind
    code: int = 131000
    retry_after: int | None = None
    seconds: float = SLOW_SECONDS

    @property
    def http_status(self) -> int:
        """The HTTP status that the Graph API returns with this code."""
        if self.code == 500 or self.code in _SERVER_ERRORS:  # noqa: PLR2004 - HTTP's own
            return 500
        return 429 if self.code in _RATE_LIMITS else 400


def magic_fault(phone: str) -> Fault | None:
    """Return the fault that this number always causes, None for an ordinary number."""
    match = _MAGIC.fullmatch(phone)
    if match is None:
        return None
    kind = tuple(FaultKind)[int(match[1])]
    code = int(match[2])
    retry_after = RATE_LIMIT_RETRY_AFTER if code in _RATE_LIMITS else None
    return Fault(kind=kind, code=code, retry_after=retry_after)
