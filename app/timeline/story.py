"""Find what belongs to the story of an item, a case, a message or an event."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.fraud.queries import show_case, show_verification
from app.fraud.timeline import Report, report_of_case, report_of_verification
from app.inbox.queries import show_item
from app.inbox.timeline import items_of_events
from app.outbound.queries import show_job
from app.outbound.timeline import messages_about, subject_of_message
from app.outbox.queries import show_event
from app.outbox.timeline import events_about, events_of_item, subjects_of

_SUBJECT = re.compile(r"(case|verification|outbound):([1-9]\d{0,17})")


@dataclass(frozen=True, slots=True)
class Story:
    """The report, if there is one, and the ids of the messages, events and items about it."""

    report: Report | None
    message_ids: Sequence[int]
    event_ids: Sequence[int]
    item_ids: Sequence[int]


def story_of_case(session: Session, case_id: int) -> Story:
    """Return the story of a case. Raises NotFound."""
    show_case(session, case_id)
    return _story(session, {f"case:{case_id}"})


def story_of_verification(session: Session, verification_id: int) -> Story:
    """Return the story of a verification. Raises NotFound."""
    show_verification(session, verification_id)
    return _story(session, {f"verification:{verification_id}"})


def story_of_item(session: Session, item_id: int) -> Story:
    """Return the story of an item: that of its events, and of what they are about.

    Raises NotFound.
    """
    item = show_item(session, item_id).item
    event_ids = events_of_item(session, item_id, item.event_id)
    subjects = subjects_of(session, event_ids)
    if len(subjects) == 1:
        return _story(session, subjects, item_ids=[item_id])
    return Story(None, (), event_ids, [item_id])


def story_of_event(session: Session, event_id: int) -> Story:
    """Return the story of an event: that of what it is about. Raises NotFound."""
    return _story(session, {show_event(session, event_id).event.subject_ref})


def story_of_message(session: Session, job_id: int) -> Story:
    """Return the story of a message: that of its report, or its own. Raises NotFound."""
    show_job(session, job_id)
    return _story(session, {f"outbound:{job_id}"})


def _story(session: Session, subjects: set[str], item_ids: Sequence[int] = ()) -> Story:
    report = next(filter(None, (_report(session, each) for each in sorted(subjects))), None)
    message_ids = [int(match[2]) for each in subjects if (match := _outbound(each))]
    if report is not None:
        subjects = subjects | set(report.subjects)
        message_ids += messages_about(session, report.subjects)
    subjects |= {f"outbound:{job_id}" for job_id in message_ids}
    events = events_about(session, sorted(subjects))
    event_ids = [event_id for event_id, _ in events]
    folded = [item_id for _, item_id in events if item_id is not None]
    return Story(
        report,
        sorted(set(message_ids)),
        event_ids,
        sorted({*items_of_events(session, event_ids, folded), *item_ids}),
    )


def _outbound(subject: str) -> re.Match[str] | None:
    match = _SUBJECT.fullmatch(subject)
    return match if match and match[1] == "outbound" else None


def _report(session: Session, subject: str | None) -> Report | None:
    """Return the report that a subject belongs to, if any."""
    match = _SUBJECT.fullmatch(subject or "")
    if match is None:
        return None
    number = int(match[2])
    if match[1] == "case":
        return report_of_case(session, number)
    if match[1] == "verification":
        return report_of_verification(session, number)
    about = subject_of_message(session, number)
    return _report(session, about) if about and not about.startswith("outbound:") else None
