"""Run a checker now."""

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
    """How long is too long; the setting decides if it is left out."""

    stuck_minutes_threshold: int | None = Field(None, ge=MIN_MINUTES, le=MAX_MINUTES, strict=True)


class DailySummaryBody(Body):
    """Which date; the last one that is over if it is left out."""

    date: calendar_date | None = Field(None, strict=True)


@blueprint.post("/otp-stuck")
def otp_stuck() -> ResponseReturnValue:
    """Look for stuck verifications now: how many there are, and how many of them were news."""
    asked = read_body(OtpStuckBody).stuck_minutes_threshold
    minutes = asked or container().settings.otp_stuck_minutes
    return jsonify(check_otp_stuck(container().sessions, threshold_minutes=minutes))


@blueprint.post("/daily-summary")
def daily_summary() -> ResponseReturnValue:
    """Sum up a date that is over; `new` is false if that was done before."""
    result = summarise_day(
        container().sessions,
        day=read_body(DailySummaryBody).date,
        timezone=container().settings.timezone,
        now=container().clock(),
    )
    return jsonify(business_date=result.business_date, new=result.is_new, summary=result.summary)
