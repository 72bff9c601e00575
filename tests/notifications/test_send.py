"""Notifications reach their channels once, and a channel that fails harms nothing else."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.bootstrap import Container
from app.notifications.manage_channels import send_test, set_channel_active
from app.notifications.models import ChannelKind
from app.notifications.retry_notification import retry_notification
from app.notifications.send import SendResult, send_due
from app.outbox.events import WebhookPartQuarantined
from tests.conftest import TurnableClock
from tests.notifications.conftest import Hook, Mailbox, Read, Setup, fraud, statuses, stuck

ROWS = "SELECT * FROM cc_notifications ORDER BY id"
CHANNEL = "SELECT * FROM cc_notification_channels"


def send(container: Container) -> SendResult:
    return send_due(container.notifier)


def quarantined(part_id: int) -> WebhookPartQuarantined:
    until = TurnableClock().now.date()
    return WebhookPartQuarantined(part_id=part_id, kind="poll", fault="?", kept_until=until)


def retry_now(container: Container) -> None:
    """Let no wait and no lease hold up the next call."""
    with container.sessions.begin() as session:
        session.execute(
            text(
                "UPDATE cc_notifications SET next_attempt_at = now()"
                " WHERE next_attempt_at IS NOT NULL"
            )
        )
        session.execute(
            text("UPDATE cc_notification_channels SET probe_at = now() WHERE probe_at IS NOT NULL")
        )


def test_a_batch_of_items_is_one_message_with_the_most_urgent_first(
    container: Container, setup: Setup, hook: Hook, read: Read
) -> None:
    channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url)
    setup.rule(channel_id)
    setup.bring(stuck(), fraud())
    assert send(container).sent == 1
    [message] = hook.texts
    headline, first, second = message.splitlines()
    assert headline == "*1 critical, 1 warning items in the Automation Center*"
    link = "https://automation.example.com/automation/items/"
    assert first.startswith(f"• <{link}")
    assert first.endswith("|Critical: Fraud reported by ••• 0147>")
    assert second.endswith("|Warning: Verification of ••• 0148 is stuck>")
    assert statuses(read(ROWS)) == ["sent", "sent"]
    assert send(container) == SendResult()


def test_the_customers_words_are_told_only_where_that_is_chosen(
    container: Container, setup: Setup, hook: Hook
) -> None:
    for name, with_text in (("brief", False), ("full", True)):
        channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url, name=name, with_text=with_text)
        setup.rule(channel_id, name=name)
    setup.bring(fraud())
    assert send(container).sent == 2
    brief, full = sorted(hook.texts, key=len)
    assert "card" not in brief
    assert "> “My &lt;card&gt; is gone &amp; lost”" in full


def test_a_rule_is_told_of_its_severities_and_types_alone(
    container: Container, setup: Setup, hook: Hook, read: Read
) -> None:
    channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url)
    setup.rule(channel_id, name="urgent", severities=["critical"])
    setup.rule(channel_id, name="stuck", types=["otp_verification_stuck"])
    setup.rule(channel_id, name="nothing", severities=["info"])
    setup.bring(fraud(), stuck())
    told = read(
        "SELECT rule.name, cardinality(event_ids) AS events FROM cc_notifications"
        " JOIN cc_notification_rules AS rule ON rule.id = rule_id ORDER BY rule.name"
    )
    assert told == [{"name": "stuck", "events": 1}, {"name": "urgent", "events": 1}]
    assert send(container).sent == 2


def test_a_signed_webhook_is_verified_by_another_implementation(
    container: Container, setup: Setup, hook: Hook
) -> None:
    channel_id, secret = setup.channel(ChannelKind.WEBHOOK, hook.url)
    setup.rule(channel_id)
    setup.bring(fraud())
    assert send(container).sent == 1
    assert secret is not None
    [body], [headers] = hook.bodies, hook.received
    content = Webhook(secret).verify(body, headers)
    assert content["type"] == "inbox.items"
    assert content["data"]["items"][0]["title"] == "Fraud reported by ••• 0147"
    assert "text" not in content["data"]["items"][0]
    for changed in (body + b" ", body.replace(b"critical", b"info")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(changed, headers)


def test_a_message_that_is_sent_again_keeps_its_id(
    container: Container, setup: Setup, hook: Hook
) -> None:
    channel_id, _ = setup.channel(ChannelKind.WEBHOOK, hook.url)
    setup.rule(channel_id)
    setup.bring(fraud())
    hook.status = 500
    send(container)
    hook.status = 200
    retry_now(container)
    assert send(container).sent == 1
    first, second = hook.received
    assert first["webhook-id"] == second["webhook-id"]
    setup.bring(fraud(2))
    send(container)
    assert hook.received[2]["webhook-id"] != first["webhook-id"]


def test_an_email_says_what_and_where(container: Container, setup: Setup, mailbox: Mailbox) -> None:
    channel_id, _ = setup.channel(ChannelKind.EMAIL, "fraud@example.com")
    setup.rule(channel_id)
    setup.bring(fraud())
    assert send(container).sent == 1
    [envelope] = mailbox.received
    assert envelope.rcpt_tos == ["fraud@example.com"]
    content = str(envelope.content, "utf-8") if isinstance(envelope.content, bytes) else ""
    assert "Subject: 1 critical item in the Automation Center" in content
    assert "Auto-Submitted: auto-generated" in content


@pytest.mark.parametrize(
    "answers, attempts",
    [
        ({"reply": "451 Try later"}, 0),
        ({"refused": "450 Mailbox busy"}, 0),
        ({"reply": "554 No"}, 1),
        ({"refused": "550 Nobody here"}, 1),
    ],
)
def test_a_reply_about_the_message_costs_an_attempt_and_another_one_does_not(
    setup: Setup, mailbox: Mailbox, read: Read, answers: dict[str, str], attempts: int
) -> None:
    for name, reply in answers.items():
        setattr(mailbox, name, reply)
    channel_id, _ = setup.channel(ChannelKind.EMAIL, "fraud@example.com")
    setup.rule(channel_id)
    setup.bring(fraud())
    assert send(setup.container).waiting == 1
    assert [row["attempts"] for row in read(ROWS)] == [attempts]
    [reply] = answers.values()
    assert reply.replace(" ", ": ", 1) in read(CHANNEL)[0]["last_error"]


def test_a_channel_that_fails_opens_one_item_and_its_notifications_wait(
    container: Container, setup: Setup, hook: Hook, read: Read
) -> None:
    channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url)
    setup.rule(channel_id)
    hook.status = 404
    for case_id in (1, 2, 3):
        setup.bring(fraud(case_id))
        send(container)
    assert len(hook.bodies) == 1  # the circuit is open
    rows = read(ROWS)
    assert set(statuses(rows)) == {"queued"}
    assert {row["attempts"] for row in rows} == {0}
    setup.bring()
    [item] = read("SELECT * FROM cc_admin_inbox_items WHERE type = 'notification_channel_failing'")
    assert "404" in item["body"]
    hook.status = 200
    retry_now(container)
    assert send(container).sent == 1
    assert "3 critical items" in hook.texts[1]  # and not the item about this channel
    assert read(CHANNEL)[0]["away_since"] is None


def test_a_refused_notification_is_a_dead_letter_after_its_last_attempt(
    container: Container, setup: Setup, hook: Hook, read: Read
) -> None:
    channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url)
    setup.rule(channel_id)
    setup.bring(fraud())
    hook.status = 400
    for _ in range(container.settings.outbound_max_attempts):
        send(container)
        retry_now(container)
    [row] = read(ROWS)
    assert (row["status"], row["attempts"]) == ("failed", 5)
    assert "400" in row["last_error"]
    assert len(read("SELECT FROM cc_automation_events WHERE event_type LIKE 'notification%'")) == 1
    hook.status = 200
    with container.sessions.begin() as session:
        retry_notification(session, row["id"], actor="maria")
    assert send(container).sent == 1
    assert statuses(read(ROWS)) == ["sent"]


def test_a_channel_that_hangs_holds_up_no_other(
    container: Container, setup: Setup, hook: Hook, mailbox: Mailbox, read: Read
) -> None:
    hook.hangs = True
    for kind, target in ((ChannelKind.SLACK, hook.url), (ChannelKind.EMAIL, "a@example.com")):
        channel_id, _ = setup.channel(kind, target, name=kind)
        setup.rule(channel_id, name=kind)
    setup.bring(fraud())
    result = send_due(replace(container.notifier, call_seconds=0.5))
    assert (result.sent, result.waiting) == (1, 1)
    assert len(mailbox.received) == 1
    [slack, _email] = read("SELECT * FROM cc_notification_channels ORDER BY id")
    assert slack["last_error"] == "The host did not answer in time."
    setup.bring(fraud(2))  # dispatch does not know of it
    assert read("SELECT count(*) FROM cc_admin_inbox_items") == [{"count": 2}]


def test_redirects_are_not_followed_and_a_rate_limit_is_kept(
    container: Container, setup: Setup, hook: Hook, read: Read
) -> None:
    channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url)
    setup.rule(channel_id)
    setup.bring(fraud())
    hook.status, hook.headers = 429, {"Retry-After": "77"}
    assert 60 < (send(container).due_in or 0) <= 77
    hook.status, hook.headers = 302, {"Location": hook.url}
    retry_now(container)
    send(container)
    assert len(hook.bodies) == 2
    assert "redirects" in read(CHANNEL)[0]["last_error"]


def test_a_recurring_item_is_told_once_per_interval(
    container: Container, setup: Setup, hook: Hook, read: Read
) -> None:
    channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url)
    setup.rule(channel_id, repeat_minutes=30)
    for part_id in (1, 2):
        setup.bring(quarantined(part_id))
        send(container)
    assert len(hook.bodies) == 1
    assert statuses(read(ROWS)) == ["sent", "skipped"]
    with container.sessions.begin() as session:
        session.execute(
            text("UPDATE cc_notification_repeats SET told_at = told_at - interval '31 min'")
        )
    setup.bring(quarantined(3))
    assert send(container).sent == 1
    assert "(3 times)" in hook.texts[1]


def test_a_digest_collects_until_its_time(
    container: Container, setup: Setup, hook: Hook, read: Read
) -> None:
    channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url)
    setup.rule(channel_id, digest_minutes=15)
    for case_id in (1, 2):
        setup.bring(fraud(case_id))
        assert send(container).sent == 0
    [first, second] = read(ROWS)
    assert first["attempts"] == second["attempts"] == 0
    assert first["next_attempt_at"].minute % 15 == 0
    with container.sessions.begin() as session:
        session.execute(
            text(
                "UPDATE cc_notifications SET created_at = created_at - interval '1 h',"
                " next_attempt_at = now()"
            )
        )
    assert send(container).sent == 1
    assert "2 critical items" in hook.texts[0]


def test_what_waited_for_a_day_is_given_up(
    container: Container, setup: Setup, hook: Hook, read: Read
) -> None:
    channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url)
    setup.rule(channel_id)
    setup.bring(fraud())
    with container.sessions.begin() as session:
        session.execute(text("UPDATE cc_notifications SET created_at = now() - interval '25 h'"))
    assert send(container).sent == 0
    assert hook.bodies == []
    assert statuses(read(ROWS)) == ["failed"]


def test_a_crash_during_the_call_costs_an_attempt_and_frees_the_channel_later(
    container: Container, setup: Setup, hook: Hook, read: Read
) -> None:
    from app.notifications.claim_turns import claim_turn  # noqa: PLC0415 - the crash is here

    channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url)
    setup.rule(channel_id)
    setup.bring(fraud())
    with container.sessions.begin() as session:
        assert claim_turn(session, container.notifier.rules) is not None
    result = send(container)  # another worker finds the channel leased
    assert (result.sent, [row["attempts"] for row in read(ROWS)]) == (0, [1])
    assert 0 < (result.due_in or 0) <= 60
    with container.sessions.begin() as session:
        session.execute(text("UPDATE cc_notification_channels SET claimed_until = now()"))
    assert send(container).sent == 1


def test_a_test_is_sent_at_once_and_a_disabled_channel_gets_nothing(
    container: Container, setup: Setup, hook: Hook, read: Read
) -> None:
    channel_id, _ = setup.channel(ChannelKind.WEBHOOK, hook.url)
    setup.rule(channel_id, digest_minutes=60)
    with container.sessions.begin() as session:
        send_test(session, channel_id, actor="maria")
    assert send(container).sent == 1
    assert json.loads(hook.bodies[0])["type"] == "inbox.test"
    setup.bring(fraud())
    with container.sessions.begin() as session:
        set_channel_active(session, channel_id, is_active=False, actor="maria")
    setup.bring(fraud(2))
    assert statuses(read(ROWS)) == ["sent", "skipped"]
    assert send(container) == SendResult()


def test_without_a_rule_dispatch_queues_nothing(setup: Setup, read: Read) -> None:
    setup.bring(fraud())
    assert read(ROWS) == []


def test_no_secret_is_stored_in_clear(setup: Setup, hook: Hook, read: Read) -> None:
    _, secret = setup.channel(ChannelKind.WEBHOOK, hook.url)
    [row] = read("SELECT channel::text AS whole FROM cc_notification_channels AS channel")
    assert "secret" not in row["whole"]
    assert (secret or "").removeprefix("whsec_") not in row["whole"]
