"""Bulk jobs on items: what is planned is done once, and what changed meanwhile is skipped."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.bulk import plan_job as planning
from app.bulk import run_jobs as running
from app.bulk.bulk_actions import Arguments, ItemAction
from app.bulk.control_job import cancel_job, start_job, undo_job
from app.bulk.models import JobStatus, Subject
from app.bulk.plan_job import plan_items
from app.bulk.queries import BulkJobView, list_skipped, show_bulk_job
from app.bulk.run_jobs import run_bulk_jobs
from app.core.database import Sessions
from app.core.errors import Conflict, InvalidInput
from app.identity.roles import Role
from app.identity.users import create_user
from app.inbox.actions import Action
from app.inbox.apply_action import apply_action
from app.inbox.item_conditions import ItemFilter
from app.inbox.tabs import Tab
from tests.dispatch.conftest import Read
from tests.inbox.conftest import AddItem
from tests.web.conftest import PASSWORD

SOON = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)


@pytest.fixture
def plan(sessions: Sessions) -> Callable[..., int]:
    """Return a function that plans a job of maria and returns its id."""

    def run(action: ItemAction = ItemAction.RESOLVE, author: str = "maria", **options: Any) -> int:
        with sessions.begin() as session:
            return plan_items(session, action, author=author, **options).id

    return run


@pytest.fixture
def start(sessions: Sessions, plan: Callable[..., int]) -> Callable[..., int]:
    """Return a function that plans and starts a job, and returns its id."""

    def run(*arguments: object, **options: object) -> int:
        job_id = plan(*arguments, **options)
        with sessions.begin() as session:
            start_job(session, job_id, actor=str(options.get("author", "maria")))
        return job_id

    return run


def show(sessions: Sessions, job_id: int) -> BulkJobView:
    with sessions.begin() as session:
        return show_bulk_job(session, job_id)


def skipped(sessions: Sessions, job_id: int) -> dict[int, str]:
    with sessions.begin() as session:
        return {each.target_id: each.reason for each in list_skipped(session, job_id).items}


def act(sessions: Sessions, item_id: int, action: Action, actor: str = "bea") -> None:
    with sessions.begin() as session:
        apply_action(session, item_id, action, actor=actor)


def test_a_job_resolves_what_matched_at_the_plan_with_a_history_entry_per_item(
    sessions: Sessions, start: Callable[..., int], add_item: AddItem, read: Read
) -> None:
    chosen = [add_item(severity="error") for _ in range(3)]
    add_item(severity="info")
    job_id = start(
        wanted=ItemFilter(status=Tab.OPEN, severity="error"),  # type: ignore[arg-type]
        arguments=Arguments(note="Called +34 600 111 222."),
    )
    add_item(severity="error")

    result = run_bulk_jobs(sessions)

    assert (result.done, result.skipped, result.due_in) == (3, 0, None)
    job = show(sessions, job_id)
    assert (job.status, job.total, job.done, job.waiting) == (JobStatus.DONE, 3, 3, 0)
    history = read("SELECT item_id, actor, action, note FROM cc_admin_inbox_activity ORDER BY 1")
    assert history == [
        {"item_id": item_id, "actor": "maria", "action": "resolve", "note": "Called ••• 1222."}
        for item_id in chosen
    ]
    still_open = read("SELECT count(*) FROM cc_admin_inbox_items WHERE status = 'open'")
    assert still_open == [{"count": 2}]


def test_a_plan_changes_nothing_and_starting_or_running_twice_acts_once(
    sessions: Sessions, plan: Callable[..., int], add_item: AddItem, read: Read
) -> None:
    item_id = add_item()
    job_id = plan(ids=[item_id, item_id])
    assert run_bulk_jobs(sessions).done == 0

    for _ in range(2):
        with sessions.begin() as session:
            start_job(session, job_id, actor="maria")
        run_bulk_jobs(sessions)

    assert read("SELECT action FROM cc_admin_inbox_activity") == [{"action": "resolve"}]
    assert show(sessions, job_id).done == 1


def test_an_item_that_changed_is_absent_or_does_not_allow_it_is_skipped_and_says_why(
    sessions: Sessions, start: Callable[..., int], add_item: AddItem
) -> None:
    changed, closed, fine = add_item(), add_item(), add_item()
    act(sessions, closed, Action.RESOLVE)
    job_id = start(ids=[changed, closed, fine, 999])
    act(sessions, changed, Action.ACKNOWLEDGE)

    run_bulk_jobs(sessions)

    job, reasons = show(sessions, job_id), skipped(sessions, job_id)
    assert (job.status, job.done, job.skipped) == (JobStatus.DONE, 1, 3)
    assert "was acknowledged by bea at" in reasons[changed]
    assert "was resolved by bea at" in reasons[closed]
    assert reasons[999] == "There is no inbox item 999."


def test_of_two_jobs_over_the_same_items_the_second_skips_what_the_first_changed(
    sessions: Sessions,
    start: Callable[..., int],
    add_item: AddItem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "BATCH", 2)
    ids = [add_item() for _ in range(5)]
    jobs = [start(ids=ids), start(ItemAction.DISMISS, author="bea", ids=ids)]

    run_bulk_jobs(sessions)

    first, second = (show(sessions, job_id) for job_id in jobs)
    assert first.status == second.status == JobStatus.DONE
    assert first.done + second.done == 5
    assert first.skipped + second.skipped == 5
    said = " ".join([*skipped(sessions, jobs[0]).values(), *skipped(sessions, jobs[1]).values()])
    assert "by maria at" in said


def test_a_cancelled_job_keeps_what_is_done_and_leaves_the_rest(
    sessions: Sessions,
    start: Callable[..., int],
    add_item: AddItem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "BATCH", 2)
    job_id = start(ids=[add_item() for _ in range(5)])
    batches = iter([False, True])
    run_bulk_jobs(sessions, is_stopping=lambda: next(batches))

    for _ in range(2):
        with sessions.begin() as session:
            cancel_job(session, job_id, actor="bea")
    run_bulk_jobs(sessions)

    job = show(sessions, job_id)
    assert (job.status, job.cancelled_by) == (JobStatus.CANCELLED, "bea")
    assert (job.done, job.waiting) == (2, 3)
    with sessions.begin() as session, pytest.raises(Conflict, match="was cancelled by bea"):
        start_job(session, job_id, actor="maria")


def test_undo_changes_back_only_what_nobody_has_changed_since(
    sessions: Sessions, start: Callable[..., int], add_item: AddItem, read: Read
) -> None:
    ids = [add_item(assignee="eva") for _ in range(3)]
    job_id = start(ItemAction.DISMISS, ids=ids)
    run_bulk_jobs(sessions)
    act(sessions, ids[0], Action.REOPEN)

    with sessions.begin() as session:
        undo = undo_job(session, job_id, actor="bea")
        assert undo_job(session, job_id, actor="maria").id == undo.id
    run_bulk_jobs(sessions)

    assert (show(sessions, undo.id).done, show(sessions, undo.id).skipped) == (2, 1)
    assert "was reopened by bea" in skipped(sessions, undo.id)[ids[0]]
    rows = read("SELECT status, assignee FROM cc_admin_inbox_items ORDER BY id")
    assert rows == [
        {"status": "open", "assignee": "bea"},
        {"status": "open", "assignee": "eva"},
        {"status": "open", "assignee": "eva"},
    ]
    with sessions.begin() as session, pytest.raises(Conflict, match="can't be undone"):
        undo_job(session, undo.id, actor="maria")


def test_a_job_that_is_over_can_not_be_cancelled_and_one_that_runs_can_not_be_undone(
    sessions: Sessions, start: Callable[..., int], add_item: AddItem
) -> None:
    job_id = start(ids=[add_item()])
    with sessions.begin() as session, pytest.raises(Conflict, match="can't be undone"):
        undo_job(session, job_id, actor="maria")
    run_bulk_jobs(sessions)
    with sessions.begin() as session, pytest.raises(Conflict, match="ended before"):
        cancel_job(session, job_id, actor="maria")


def test_only_the_person_who_planned_a_job_may_start_it(
    sessions: Sessions, plan: Callable[..., int], add_item: AddItem
) -> None:
    job_id = plan(ids=[add_item()])
    with sessions.begin() as session, pytest.raises(Conflict, match="was planned by maria"):
        start_job(session, job_id, actor="bea")


def test_a_plan_takes_no_more_than_the_cap_and_says_so(
    sessions: Sessions,
    plan: Callable[..., int],
    add_item: AddItem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planning, "CAP", 2)
    ids = [add_item() for _ in range(3)]

    job = show(sessions, plan(wanted=ItemFilter()))

    assert (job.total, job.is_capped) == (2, True)
    assert show(sessions, plan(ids=ids[:2])).is_capped is False
    with pytest.raises(InvalidInput, match="At most 2"):
        plan(ids=ids)
    with pytest.raises(InvalidInput, match="at least one"):
        plan(ids=[])


def test_a_job_assigns_items_to_an_active_admin_only(
    sessions: Sessions,
    start: Callable[..., int],
    plan: Callable[..., int],
    add_item: AddItem,
    read: Read,
) -> None:
    with sessions.begin() as session:
        create_user(session, username="eva", password=PASSWORD, role=Role.ADMIN)
    ids = [add_item(), add_item()]
    start(ItemAction.ASSIGN, ids=ids, arguments=Arguments(assignee="eva"))
    run_bulk_jobs(sessions)

    assert read("SELECT DISTINCT assignee FROM cc_admin_inbox_items") == [{"assignee": "eva"}]
    with pytest.raises(InvalidInput, match="no active admin nobody"):
        plan(ItemAction.ASSIGN, ids=ids, arguments=Arguments(assignee="nobody"))


def test_an_action_has_the_arguments_that_it_has_on_one_item(
    sessions: Sessions, start: Callable[..., int], add_item: AddItem, read: Read
) -> None:
    acts: list[tuple[ItemAction, dict[str, Any]]] = [
        (ItemAction.ACKNOWLEDGE, {"until": SOON}),
        (ItemAction.SNOOZE, {"until": SOON}),
        (ItemAction.SNOOZE, {}),
        (ItemAction.DISMISS, {"reason": "test"}),
    ]
    for action, arguments in acts:
        start(action, ids=[add_item()], arguments=Arguments(**arguments))

    run_bulk_jobs(sessions)

    columns = "promised_until, snoozed_until, snoozed_occurrences, dismiss_reason"
    rows = read(f"SELECT {columns} FROM cc_admin_inbox_items ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        (SOON, None, None, None),
        (None, SOON, None, None),
        (None, None, 1, None),
        (None, None, None, "test"),
    ]


def test_an_error_in_our_code_costs_one_item_and_is_told_without_its_text(
    sessions: Sessions,
    start: Callable[..., int],
    add_item: AddItem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = [add_item() for _ in range(3)]
    job_id = start(ids=ids)
    original = running.ACTS[Subject.ITEMS]

    def act(session: Session, item_id: int, *arguments: Any, **options: Any) -> int:
        if item_id == ids[1]:
            raise KeyError("secret")
        return original(session, item_id, *arguments, **options)

    monkeypatch.setitem(running.ACTS, Subject.ITEMS, act)
    run_bulk_jobs(sessions)

    assert show(sessions, job_id).done == 2
    assert skipped(sessions, job_id) == {
        ids[1]: "An internal error occurred and was logged (KeyError)."
    }
