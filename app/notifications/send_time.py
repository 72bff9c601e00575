"""When a notification is sent: at once, with a digest, or after the quiet hours. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTimes:
    """The times of a rule. Quiet hours are in `zone`, and may go over midnight.

    `critical_passes` is for quiet hours only: a digest collects critical items too.
    """

    zone: ZoneInfo
    digest_minutes: int | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    critical_passes: bool = True

    def send_at(self, created_at: datetime, *, is_critical: bool) -> datetime:
        """Return when a notification of `created_at` is sent; `created_at` itself means at once."""
        at = self._digest_of(created_at)
        if is_critical and self.critical_passes:
            return at
        return self._end_of_quiet(at) or at

    def _digest_of(self, moment: datetime) -> datetime:
        """Return the end of the digest's period. Periods are counted from midnight in UTC."""
        if self.digest_minutes is None:
            return moment
        length = timedelta(minutes=self.digest_minutes)
        midnight = datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
        return midnight + ((moment - midnight) // length + 1) * length

    def _end_of_quiet(self, moment: datetime) -> datetime | None:
        """Return the end of the quiet hours that contain `moment`, or None."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        local = moment.astimezone(self.zone)
        over_midnight = self.quiet_from > self.quiet_until
        is_late = local.time() >= self.quiet_from
        is_early = local.time() < self.quiet_until
        if not (is_late or is_early if over_midnight else is_late and is_early):
            return None
        day = local.date() + timedelta(days=int(over_midnight and is_late))
        return datetime.combine(day, self.quiet_until, self.zone).astimezone(UTC)
