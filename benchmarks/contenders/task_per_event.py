"""A Celery task and a commit per event: the usual design, with event ids in the messages."""

from celery import Celery, shared_task
from celery.signals import worker_process_init
from sqlalchemy import func

from app.bootstrap import Container, build
from app.core.settings import Settings
from app.inbox.drafts import draft_event
from app.inbox.models import InboxItem
from app.outbox.models import AutomationEvent, EventStatus

app = Celery("task-per-event", broker=Settings.load().celery_broker_url)
app.conf.update(worker_prefetch_multiplier=64, task_ignore_result=True)

_container: list[Container] = []


@worker_process_init.connect
def _build(**_signal: object) -> None:
    _container.append(build(Settings.load(), process="task-per-event"))


@shared_task(name="contender.deliver")
def deliver(event_id: int) -> None:
    with _container[0].sessions.begin() as session:
        event = session.get(AutomationEvent, event_id, with_for_update={"skip_locked": True})
        if event is None or event.status == EventStatus.SENT:
            return
        draft = draft_event(event.event_type, event.payload)
        session.add(
            InboxItem(
                type=draft.type,
                severity=draft.severity,
                title=draft.wording.title,
                body=draft.wording.body,
                link_ref=draft.wording.link_ref,
                dedupe_key=event.dedupe_key,
                event_id=event.id,
            )
        )
        event.status = EventStatus.SENT
        event.sent_at = func.now()
        event.next_attempt_at = None
