"""People create, change, test and disable channels and rules on pages, without JavaScript."""

import re
from http import HTTPStatus

from app.bootstrap import Container
from app.notifications.models import ChannelKind
from app.notifications.send import send_due
from tests.notifications.conftest import Hook, Read, Setup, fraud
from tests.web.conftest import Browser, Program, admin, program, users, web

__all__ = ["admin", "program", "users", "web"]

PAGE = "/automation/notifications"
NEW_CHANNEL, NEW_RULE = f"{PAGE}/channels/new", f"{PAGE}/rules/new"
RULE = {
    "name": "Urgent",
    "channel_id": "1",
    "severities": ["critical", "error"],
    "types": "fraud_case_created",
    "digest_minutes": "15",
    "repeat_minutes": "30",
    "quiet_from": "22:00",
    "quiet_until": "07:00",
    "critical_passes": "true",
}


def test_a_channel_and_a_rule_are_created_tested_and_used(
    admin: Browser, container: Container, hook: Hook, setup: Setup
) -> None:
    made = admin.submit(
        f"{PAGE}/channels", page=NEW_CHANNEL, name="Team", kind="webhook", target=hook.url
    )
    assert made.status_code == HTTPStatus.OK
    assert re.search(r"whsec_[A-Za-z0-9+/=]{44}", made.text)
    assert "whsec_" not in admin.get(f"{PAGE}/channels/1").text
    assert "secret" not in admin.get(PAGE).text
    tested = admin.submit(f"{PAGE}/channels/1/test", page=PAGE)
    assert tested.location == f"{PAGE}/channels/1"
    assert send_due(container.notifier).sent == 1
    assert admin.submit(f"{PAGE}/rules", page=NEW_RULE, **RULE).location == PAGE
    shown = admin.get(PAGE).text
    for words in ("Urgent", "Every 15 minutes", "Not from 22:00 to 07:00", "New fraud case"):
        assert words in shown
    changed = {**RULE, "version": "1", "digest_minutes": "", "quiet_from": "", "quiet_until": ""}
    admin.submit(f"{PAGE}/rules/1", page=f"{PAGE}/rules/1", **changed)
    setup.bring(fraud())
    assert send_due(container.notifier).sent == 1
    history = admin.get(f"{PAGE}/rules/1").text
    assert "changed it: digest minutes, quiet from, quiet until" in history


def test_a_channel_or_rule_that_is_wrong_is_refused_and_keeps_what_was_typed(
    admin: Browser, setup: Setup, hook: Hook
) -> None:
    for target, reason in (
        ("http://example.com/hook", "must begin with https://"),
        ("https://10.0.0.1/hook", "private network"),
        ("", "The target is missing"),
    ):
        refused = admin.submit(
            f"{PAGE}/channels", page=NEW_CHANNEL, name="Team", kind="slack", target=target
        )
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert reason in refused.text
        assert 'value="Team"' in refused.text
    setup.channel(ChannelKind.SLACK, hook.url)
    for change, reason in (
        ({"severities": []}, "at least one severity"),
        ({"quiet_until": ""}, "need a start and an end"),
        ({"quiet_until": "22:00"}, "another time"),
        ({"channel_id": "99"}, "no notification channel 99"),
    ):
        refused = admin.submit(f"{PAGE}/rules", page=NEW_RULE, **{**RULE, **change})
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert reason in refused.text
        assert 'value="Urgent"' in refused.text


def test_a_change_of_something_that_another_changed_names_them(
    admin: Browser, setup: Setup, hook: Hook
) -> None:
    channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url)
    page = f"{PAGE}/channels/{channel_id}"
    fields = {"name": "Renamed", "kind": "slack", "version": "7"}
    conflict = admin.submit(page, page=page, **fields)
    assert conflict.status_code == HTTPStatus.CONFLICT
    assert "was changed by maria meanwhile" in conflict.text
    assert 'value="Renamed"' in conflict.text
    done = admin.submit(page, page=page, **{**fields, "version": "1"})
    assert done.status_code == HTTPStatus.SEE_OTHER
    taken = admin.submit(
        f"{PAGE}/channels", page=NEW_CHANNEL, name="Renamed", kind="slack", target=hook.url
    )
    assert "already a channel with the name Renamed" in taken.text


def test_a_disabled_channel_is_not_tested_and_a_failed_notification_is_sent_again(
    admin: Browser, container: Container, setup: Setup, hook: Hook, read: Read
) -> None:
    channel_id, _ = setup.channel(ChannelKind.SLACK, hook.url)
    page = f"{PAGE}/channels/{channel_id}"
    rule_id = setup.rule(channel_id)
    setup.bring(fraud())
    with container.sessions.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE cc_notifications SET status = 'failed', failed_at = now(),"
            " next_attempt_at = NULL, last_error = 'Refused'"
        )
    assert "Send again" in admin.get(PAGE).text
    again = f"{PAGE}/failed/1/retry"
    admin.submit(again, page=PAGE)
    assert send_due(container.notifier).sent == 1
    admin.submit(again, page=PAGE)
    assert "only a failed one is sent again" in admin.get(PAGE).text
    admin.submit(f"{PAGE}/rules/{rule_id}/disable", page=f"{PAGE}/rules/{rule_id}")
    admin.submit(f"{page}/disable", page=page)
    admin.submit(f"{page}/test", page=page)
    assert "is disabled; enable it first" in admin.get(page).text
    actions = read("SELECT action FROM cc_notification_activity WHERE actor = 'maria' ORDER BY id")
    assert [row["action"] for row in actions] == ["create", "create", "retry", "disable", "disable"]


def test_the_stored_answer_of_a_call_does_not_show_the_secret(
    program: Program, hook: Hook, read: Read
) -> None:
    call = {"json": {"name": "Team", "kind": "webhook", "target": hook.url}}
    key = {"Idempotency-Key": "a-key-of-some-length"}
    path = "/api/automation/notifications/channels"
    first, second = (program.post(path, more=key, **call) for _ in range(2))
    assert first.json is not None
    assert first.json == second.json
    [stored] = read("SELECT answer::text AS whole FROM cc_idempotency_keys AS answer")
    assert first.json["secret"] not in stored["whole"]
