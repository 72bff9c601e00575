"""Limit the attempts to sign in: per account, per browser that knows the account, per address.

An attempt is counted before the password is checked, so concurrent attempts can't exceed a limit.
The counts are rows, so they hold over processes and restarts.

A browser from which somebody signed in before has a count of its own, and only that one. So a
stranger who exhausts the count of an account does not keep its owner out (OWASP, device cookies).
"""

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from sqlalchemy import Interval, bindparam, text
from sqlalchemy.orm import Session

FIRST_REST = timedelta(minutes=1)
MAX_REST = timedelta(minutes=15)
"""The last free failure begins a rest. Each further failure doubles it, up to this."""

_PER_ACCOUNT = (5, timedelta(days=1))
_PER_ADDRESS = (20, timedelta(minutes=15))
_IN_ALL = (300, timedelta(minutes=15))
_KEPT = timedelta(days=2)
_PREFIX_OF_IPV6 = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """One count of failures. `free` of them within `window` begin a rest.

    A count that `is_shared` is that of several accounts.
    """

    bucket: str
    free: int
    window: timedelta
    is_shared: bool = False


def limits_of(*, username: str, address: str, device: str | None) -> Sequence[Limit]:
    """Return the limits of an attempt. `device` is the id of a browser that knows the account."""
    if device is not None:
        return (Limit(f"device:{device}", *_PER_ACCOUNT),)
    account = hashlib.sha256(username.encode()).hexdigest()
    return (
        Limit(f"account:{account}", *_PER_ACCOUNT),
        Limit(f"address:{network_of(address)}", *_PER_ADDRESS, is_shared=True),
        Limit("all", *_IN_ALL, is_shared=True),
    )


def network_of(address: str) -> str:
    """Return an IPv4 address as it is, and the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:  # noqa: PLR2004 - the number is a name
        return str(parsed)
    return str(ipaddress.ip_network((parsed, _PREFIX_OF_IPV6), strict=False))


def count_attempt(session: Session, limits: Sequence[Limit], *, now: datetime) -> bool:
    """Count an attempt with each of `limits`. False if one of them rests.

    Nothing is counted then, unless the rest began during this call.
    """
    buckets = [limit.bucket for limit in limits]
    if session.scalar(_RESTS, {"buckets": buckets, "now": now}):
        return False
    session.execute(_PRUNE, {"before": now - _KEPT})
    ordered = sorted(limits, key=attrgetter("bucket"))  # so that two attempts can't deadlock
    return all(_is_counted(session, limit, now) for limit in ordered)


def forget_attempt(session: Session, limits: Sequence[Limit]) -> None:
    """Forget the failures of an account or browser after a success, and take back this attempt."""
    for limit in limits:
        session.execute(_TAKE_BACK if limit.is_shared else _FORGET, {"bucket": limit.bucket})


def _is_counted(session: Session, limit: Limit, now: datetime) -> bool:
    values = {
        "bucket": limit.bucket,
        "free": limit.free,
        "now": now,
        "window_start": now - limit.window,
        "first_rest": FIRST_REST,
        "max_rest": MAX_REST,
    }
    return session.scalar(_COUNT, values) is not None


_RESTS = text(
    "SELECT EXISTS (SELECT FROM cc_sign_in_limits"
    " WHERE bucket = ANY (:buckets) AND rests_until > :now)"
)
_COUNT = text(
    """
    INSERT INTO cc_sign_in_limits AS kept (bucket, failures, started_at) VALUES (:bucket, 1, :now)
    ON CONFLICT (bucket) DO UPDATE SET
        failures = CASE WHEN kept.started_at > :window_start THEN kept.failures + 1 ELSE 1 END,
        started_at = CASE WHEN kept.started_at > :window_start THEN kept.started_at ELSE :now END,
        rests_until = CASE WHEN kept.started_at > :window_start AND kept.failures + 1 >= :free THEN
            cast(:now AS timestamptz)
            + least(:first_rest * 2 ^ least(kept.failures + 1 - :free, 10), :max_rest) END
    WHERE kept.rests_until IS NULL OR kept.rests_until <= :now
    RETURNING bucket
    """
).bindparams(
    bindparam("first_rest", type_=Interval()),
    bindparam("max_rest", type_=Interval()),
)
_PRUNE = text("DELETE FROM cc_sign_in_limits WHERE started_at < :before")
_FORGET = text("DELETE FROM cc_sign_in_limits WHERE bucket = :bucket")
_TAKE_BACK = text(
    "UPDATE cc_sign_in_limits SET failures = greatest(failures - 1, 0) WHERE bucket = :bucket"
)
