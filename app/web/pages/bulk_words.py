"""What pages say about bulk jobs. Pure."""

from app.bulk.bulk_actions import UNDO
from app.bulk.models import JobStatus, Subject
from app.bulk.queries import BulkJobView

_NOUNS = {Subject.ITEMS: "item", Subject.EVENTS: "event", Subject.MESSAGES: "message"}

_DONE = {
    "acknowledge": "acknowledged",
    "resolve": "resolved",
    "dismiss": "dismissed",
    "reopen": "reopened",
    "assign": "assigned",
    "snooze": "snoozed",
    "retry": "retried",
    "discard": "discarded",
    UNDO: "changed back",
}


def counted(count: int, subject: str) -> str:
    """Return a number with its noun, e.g. `1 item` or `2,000 events`."""
    noun = _NOUNS[Subject(subject)]
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def bulk_title(job: BulkJobView) -> str:
    """Return what the job does, e.g. `Resolve 50 items`."""
    if job.action == UNDO:
        return f"Undo the changes of {counted(job.total, job.subject)}"
    return f"{job.action.capitalize()} {counted(job.total, job.subject)}"


def bulk_sentence(job: BulkJobView) -> str:
    """Return how far the job is."""
    done = (
        f"{counted(job.done, job.subject)} {'is' if job.done == 1 else 'are'} {_DONE[job.action]}"
    )
    match job.status:
        case JobStatus.PLANNED:
            return "Nothing is changed yet."
        case JobStatus.RUNNING:
            return f"{done}, {job.waiting:,} to go."
        case JobStatus.STOPPED:
            return (
                f"The job has stopped. {job.stop_reason} The other {job.waiting:,} were not tried."
            )
        case JobStatus.CANCELLED if job.started_at is None:
            return f"{job.cancelled_by} cancelled it before it started. Nothing was changed."
        case JobStatus.CANCELLED:
            return (
                f"{job.cancelled_by} cancelled it. {done}; the other {job.waiting:,} are unchanged."
            )
    return f"{done}."
