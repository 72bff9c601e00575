"""The rows that the examples of the API name. Add what the example of a new route needs.

Customer 1 has the number +12025550147. Items 1 to 9 are open and come from the sent events 1 to
9; maria has just acknowledged items 5 and 9, resolved item 8 and snoozed item 4. Events 10 and 11
are dead letters. Case 1 is open. Outbound job 1 has failed. There is a summary of 2026-11-20.
Notification channel 1 is a webhook, rule 1 uses it, and notification 1 has failed.
View 1 of the inbox is maria's.
Maria has planned the bulk jobs 1 and 2, and job 3 is done. She is signed in with the sessions 1
and 2.
"""

from datetime import date

from sqlalchemy import select, text

from app.bootstrap import Container
from app.bulk.bulk_actions import ItemAction
from app.bulk.plan_job import plan_items
from app.dispatch.dispatch import dispatch_due
from app.identity.models import User
from app.identity.web_sessions import Client, start_web_session
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.inbox.drafts import Severity
from app.inbox.saved_views import save_view
from app.inbox.snooze import snooze_item
from app.notifications.manage_channels import ChannelDraft, create_channel
from app.notifications.manage_rules import RuleDraft, create_rule
from app.notifications.models import ChannelKind
from app.outbound.enqueue import submit
from app.outbound.messages import Text
from app.outbox.events import FraudCaseCreated
from app.outbox.record import record_event, record_events
from app.reports.daily_summary import summarise_day
from tests.web.cases import write_case

ACTOR = "maria"
ITEMS = 9


def build_world(container: Container) -> None:
    """Write the rows."""
    _write_failed_job(container)
    _write_items(container)
    _write_dead_letters(container)
    _write_bulk_jobs(container)
    _write_sessions(container)
    write_case(container.sessions)
    _write_notifications(container)
    _write_view(container)
    summarise_day(container.sessions, day=date(2026, 11, 20), timezone="UTC", now=container.clock())


def _write_items(container: Container) -> None:
    with container.sessions.begin() as session:
        for number in range(1, ITEMS + 1):
            record_event(session, _event(number))
    assert dispatch_due(container.dispatcher).sent == ITEMS
    with container.sessions.begin() as session:
        apply_action(session, 5, Action.ACKNOWLEDGE, actor=ACTOR)
        apply_action(session, 9, Action.ACKNOWLEDGE, actor=ACTOR)
        apply_action(session, 8, Action.RESOLVE, actor=ACTOR)
        snooze_item(session, 4, until=None, actor=ACTOR)


def _write_dead_letters(container: Container) -> None:
    with container.sessions.begin() as session:
        assert record_events(session, [_event(10), _event(11)]) == [10, 11]
        session.execute(
            text(
                "UPDATE cc_automation_events SET status = 'failed', attempts = 10, dead_at = now(),"
                " next_attempt_at = NULL, last_error = 'KeyError' WHERE id > 9"
            )
        )


def _write_failed_job(container: Container) -> None:
    with container.sessions.begin() as session:
        submit(
            session,
            recipient="+12025550147",
            message=Text("Your card is blocked."),
            actor=ACTOR,
            vault=container.vault,
        )
        session.execute(
            text(
                "UPDATE cc_outbound_jobs SET status = 'failed', attempts = 5, failed_at = now(),"
                " next_attempt_at = NULL, last_error = 'Unknown recipient'"
            )
        )


def _write_bulk_jobs(container: Container) -> None:
    with container.sessions.begin() as session:
        for _ in range(3):
            plan_items(session, ItemAction.RESOLVE, author=ACTOR, ids=[9])
        session.execute(
            text(
                "UPDATE cc_bulk_jobs SET status = 'done', done = 1, finished_at = now()"
                " WHERE id = 3"
            )
        )


def _write_sessions(container: Container) -> None:
    client = Client("127.0.0.1", "Firefox")
    with container.sessions.begin() as session:
        user_id = session.scalars(select(User.id).where(User.username == ACTOR)).one()
        for _ in range(2):
            start_web_session(session, user_id, client=client, now=container.clock())


def _event(number: int) -> FraudCaseCreated:
    return FraudCaseCreated(
        case_id=number, masked_phone="••• 0147", language="en", report="My card is gone."
    )


def _write_notifications(container: Container) -> None:
    channel = ChannelDraft(name="Team", kind=ChannelKind.WEBHOOK, target="https://example.com/hook")
    with container.sessions.begin() as session:
        create_channel(session, channel, actor=ACTOR, guard=container.channel_guard)
        rule = RuleDraft(name="Everything", channel_id=1, severities=list(Severity))
        create_rule(session, rule, actor=ACTOR)
        session.execute(
            text(
                "INSERT INTO cc_notifications (channel_id, rule_id, event_ids, severity, status,"
                " next_attempt_at, failed_at, last_error)"
                " VALUES (1, 1, '{1}', 'critical', 'failed', NULL, now(), 'Refused')"
            )
        )


def _write_view(container: Container) -> None:
    with container.sessions.begin() as session:
        save_view(session, ACTOR, name="Urgent", filters={"status": "open"}, is_shared=False)
