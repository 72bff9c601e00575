"""The workers' application of a newer release, which knows one more event type."""

from app.inbox import drafts
from workers.celery import app

__all__ = ["app"]


@drafts.drafts("newer", severity=drafts.Severity.INFO)
def _newer(payload: drafts.Payload) -> drafts.Wording:
    return drafts.Wording(title=f"Case {payload['case_id']}", body="from a newer release")
