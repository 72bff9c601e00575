"""Run a periodic job on request."""

from datetime import date as calendar_date

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.fraud.stuck import MAX_MINUTES, MIN_MINUTES, check_otp_stuck
from app.reports.daily_summary import summarise_day
from app.web.context import container
from app.web.requests import Body, read_body

blueprint = Blueprint("api_checkers", __name__, url_prefix="/api/automation/checkers")


class OtpStuckBody(Body):
    """The age from which a verification is stuck; default: AUTOMATION_OTP_STUCK_MINUTES."""

    stuck_minutes_threshold: int | None = Field(None, ge=MIN_MINUTES, le=MAX_MINUTES, strict=True)


class DailySummaryBody(Body):
    """The date to summarise; default: the last complete date."""

    date: calendar_date | None = Field(None, strict=True)


@blueprint.post("/otp-stuck")
def otp_stuck() -> ResponseReturnValue:
    """Find stuck verifications; answer with their number and the number of new events."""
    asked = read_body(OtpStuckBody).stuck_minutes_threshold
    minutes = asked or container().settings.otp_stuck_minutes
    return jsonify(check_otp_stuck(container().sessions, threshold_minutes=minutes))


@blueprint.post("/daily-summary")
def daily_summary() -> ResponseReturnValue:
    """Summarise a complete date. `new` is false if the summary existed already."""
    result = summarise_day(
        container().sessions,
        day=read_body(DailySummaryBody).date,
        timezone=container().settings.timezone,
        now=container().clock(),
    )
    return jsonify(business_date=result.business_date, new=result.is_new, summary=result.summary)
