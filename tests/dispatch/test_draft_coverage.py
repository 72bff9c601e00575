"""No process starts if an event type has no draft."""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import pytest

from app.bootstrap import build
from app.core.settings import Settings
from app.dispatch.draft_coverage import MissingDraft, check_draft_coverage
from app.inbox.drafts import Payload, Wording, drafts
from app.outbox.events import CATALOGUE, DuplicateEventType, Event, FraudCaseCreated, register
from workers.application import create_celery


@pytest.fixture
def orphan(monkeypatch: pytest.MonkeyPatch) -> type[Event]:
    """Return an event type that is registered and has no draft."""
    monkeypatch.setitem(CATALOGUE, "orphan", Event)
    return Event


def test_every_registered_type_has_a_draft() -> None:
    check_draft_coverage()


@pytest.mark.usefixtures("orphan")
def test_a_type_without_a_draft_stops_the_web_at_start(settings: Settings) -> None:
    with pytest.raises(MissingDraft, match="events of type orphan"):
        build(settings, process="test")


@pytest.mark.usefixtures("orphan")
def test_a_type_without_a_draft_stops_beat_and_workers_at_start(settings: Settings) -> None:
    with pytest.raises(MissingDraft, match="events of type orphan"):
        create_celery(settings)


@pytest.mark.parametrize("severity", [None, "", "loud"])
def test_a_draft_without_a_known_severity_fails_where_it_is_written(severity: object) -> None:
    with pytest.raises(ValueError, match="is not a valid Severity"):

        @drafts("unheard_of", severity=cast("Any", severity))
        def _unheard_of(_payload: Payload) -> Wording:
            return Wording(title="t", body="b")


def test_two_classes_can_not_share_a_type() -> None:
    with pytest.raises(DuplicateEventType, match="and FraudCaseCreated have the same event type"):

        @register
        @dataclass(frozen=True, slots=True, kw_only=True)
        class Impostor(Event):
            event_type: ClassVar[str] = FraudCaseCreated.event_type

    assert CATALOGUE["fraud_case_created"] is FraudCaseCreated
