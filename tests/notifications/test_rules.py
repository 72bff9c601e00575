"""The pure rules: when a notification is sent, where to, and how it is signed."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, time
from ipaddress import ip_network
from zoneinfo import ZoneInfo

import pytest

from app.core.errors import InvalidInput
from app.notifications.addresses import (
    AddressRules,
    ForbiddenAddress,
    UnknownHost,
    check_email,
)
from app.notifications.compose import SHOWN, News, ToldItem, email_text, slack_body
from app.notifications.send_time import SendTimes
from app.notifications.signature import new_secret, signed_headers

MADRID = ZoneInfo("Europe/Madrid")
NIGHT = SendTimes(zone=MADRID, quiet_from=time(22), quiet_until=time(7))
LOCAL = AddressRules([ip_network("127.0.0.0/8")])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MADRID)


@pytest.mark.parametrize(
    "created, sent",
    [
        ("2026-11-22 21:59", "2026-11-22 21:59"),
        ("2026-11-22 22:00", "2026-11-23 07:00"),
        ("2026-11-23 03:00", "2026-11-23 07:00"),
        ("2026-11-23 06:59", "2026-11-23 07:00"),
        ("2026-11-23 07:00", "2026-11-23 07:00"),
        ("2026-10-24 23:00", "2026-10-25 07:00"),  # the night in which summer time ends
        ("2026-03-28 23:00", "2026-03-29 07:00"),  # and the one in which it begins
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(created: str, sent: str) -> None:
    assert NIGHT.send_at(at(created), is_critical=False) == at(sent)


def test_quiet_hours_may_lie_within_a_day() -> None:
    siesta = SendTimes(zone=MADRID, quiet_from=time(14), quiet_until=time(16))
    assert siesta.send_at(at("2026-11-22 15:00"), is_critical=False) == at("2026-11-22 16:00")
    assert siesta.send_at(at("2026-11-22 17:00"), is_critical=False) == at("2026-11-22 17:00")


def test_a_critical_item_passes_quiet_hours_if_the_rule_lets_it() -> None:
    night = at("2026-11-22 23:00")
    assert NIGHT.send_at(night, is_critical=True) == night
    strict = SendTimes(zone=MADRID, quiet_from=time(22), quiet_until=time(7), critical_passes=False)
    assert strict.send_at(night, is_critical=True) == at("2026-11-23 07:00")


def test_a_digest_ends_at_a_multiple_of_its_length_and_waits_for_the_morning() -> None:
    digest = SendTimes(zone=MADRID, digest_minutes=15, quiet_from=time(22), quiet_until=time(7))
    assert digest.send_at(at("2026-11-22 12:01"), is_critical=False) == at("2026-11-22 12:15")
    assert digest.send_at(at("2026-11-22 12:15"), is_critical=False) == at("2026-11-22 12:30")
    assert digest.send_at(at("2026-11-22 21:50"), is_critical=False) == at("2026-11-23 07:00")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "http://127.0.0.1.example.com/hook",
        "https://10.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://[64:ff9b::a00:1]/hook",
        "https://[2002:a00:1::]/hook",
        "https://0.0.0.0/hook",
        "https://user:password@example.com/hook",
        "https:///hook",
        "https://exa mple.com/hook",
        "https://example.com/\r\nhook",
        "ftp://example.com/hook",
        "https://example.com:99999/hook",
        "https://" + "a" * 3000,
        "hook",
    ],
)
def test_a_url_that_can_never_be_used_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        LOCAL.check_url(url)


def test_this_machine_is_reached_only_if_the_setting_names_it() -> None:
    for url in ("http://127.0.0.1:8080/hook", "http://localhost:8080/hook"):
        LOCAL.check_url(url)
        with pytest.raises(InvalidInput):
            AddressRules().check_url(url)
    assert LOCAL.resolve("http://127.0.0.1:8080/a?b=c").to_connect == "http://127.0.0.1:8080/a?b=c"
    with pytest.raises(ForbiddenAddress):
        AddressRules().resolve("https://localhost/hook")


def test_a_name_that_is_not_found_is_no_error_of_the_url() -> None:
    LOCAL.check_url("https://nowhere.invalid/hook")
    with pytest.raises(UnknownHost):
        LOCAL.resolve("https://nowhere.invalid/hook")


def test_a_public_address_is_connected_to_by_its_number() -> None:
    checked = AddressRules().resolve("https://[2606:4700::1111]:8443/hook")
    assert (checked.to_connect, checked.host) == (
        "https://[2606:4700::1111]:8443/hook",
        "2606:4700::1111",
    )


@pytest.mark.parametrize("text", ["", "nobody", "a@b", "a b@example.com", "a@example.com\nBcc: x"])
def test_an_email_address_must_be_one(text: str) -> None:
    with pytest.raises(InvalidInput):
        check_email(text)


def test_the_signature_follows_the_specification() -> None:
    secret, body = new_secret(), b'{"a": 1}'
    moment = datetime(2026, 11, 22, 12, tzinfo=UTC)
    headers = signed_headers(secret, message_id="msg_1", at=moment, body=body)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert len(key) == 32
    signed = f"msg_1.{int(moment.timestamp())}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_a_message_lists_some_items_and_counts_the_rest() -> None:
    items = [
        ToldItem(
            id=number,
            type="fraud_case_created",
            severity="critical",
            status="resolved" if number == 1 else "open",
            title=f"Fraud {number}",
            text=None,
            occurrences=1,
            created_at=datetime(2026, 11, 22, tzinfo=UTC),
        )
        for number in range(1, SHOWN + 6)
    ]
    news = News(id="msg_1", rule="all", items=items, at=items[0].created_at, base_url="")
    assert news.headline == "25 critical items in the Automation Center"
    for text in (email_text(news), slack_body(news).decode()):
        assert "Critical: Fraud 1, resolved by now" in text
        assert f"Fraud {SHOWN + 1}" not in text
        assert "… and 5 more" in text
