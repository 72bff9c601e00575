"""Run a periodic job on request."""

from datetime import date as calendar_date
from typing import Annotated

from flask import Blueprint
from pydantic import Field
from sqlalchemy.orm import Session

from app.core.views import view_of
from app.fraud.stuck import MAX_MINUTES, MIN_MINUTES, StuckResult, check_otp_stuck
from app.reports.daily_summary import summarise_day
from app.reports.trend_hours import count_owed_hours
from app.web.api.answers import HoursCounted, SummaryRun
from app.web.api.operation import Example, operation
from app.web.context import container
from app.web.requests import WHOLE, Body

blueprint = Blueprint("api_checkers", __name__, url_prefix="/api/automation/checkers")


class OtpStuckBody(Body):
    """The age from which a verification is stuck; default: AUTOMATION_OTP_STUCK_MINUTES."""

    stuck_minutes_threshold: (
        Annotated[int, Field(strict=True, ge=MIN_MINUTES, le=MAX_MINUTES), WHOLE] | None
    ) = None


class DailySummaryBody(Body):
    """The date to summarise; default: the last complete date."""

    date: calendar_date | None = Field(None, strict=True)


@blueprint.post("/otp-stuck")
@operation(example=Example(body={"stuck_minutes_threshold": 30}, answer={"stuck": 0}))
def otp_stuck(body: OtpStuckBody) -> StuckResult:
    """Find stuck verifications; answer with their number and the number of new events."""
    minutes = body.stuck_minutes_threshold or container().settings.otp_stuck_minutes
    return check_otp_stuck(container().sessions, threshold_minutes=minutes)


@blueprint.post("/trend-hours")
@operation(example=Example(answer={"counted": 744}))
def trend_hours(session: Session) -> HoursCounted:
    """Count the past hours that are missing or may have changed; answer with their number."""
    return HoursCounted(counted=count_owed_hours(session, container().clock()))


@blueprint.post("/daily-summary")
@operation(example=Example(body={"date": "2026-11-21"}, answer={"business_date": "2026-11-21"}))
def daily_summary(body: DailySummaryBody) -> SummaryRun:
    """Summarise a complete date. `new` is false if the summary existed already."""
    result = summarise_day(
        container().sessions,
        day=body.date,
        timezone=container().settings.timezone,
        now=container().clock(),
    )
    return view_of(SummaryRun, result, new=result.is_new)
