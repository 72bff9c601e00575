"""Plan a bulk job: fix its targets and count them. Nothing is changed until the job starts."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.bulk.bulk_actions import CAP, Arguments, FailureAction, ItemAction
from app.bulk.check_arguments import check_arguments
from app.bulk.models import BulkJob, Subject
from app.bulk.queries import BulkJobView, bulk_job_of
from app.core.errors import InvalidInput
from app.core.paging import MAX_LIMIT, Page
from app.core.views import members_of
from app.inbox.find_items import resolve_all
from app.inbox.item_conditions import ItemFilter
from app.inbox.models import InboxItem
from app.inbox.queries import list_items

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PAGES_READ = 60
"""The most pages of a filtered list that a plan reads, because a page of a search may be short."""

Target = tuple[int, int | None]
"""The id of a target, and its version; None if it does not exist."""

Targets = Sequence[Target]

_ADD_TARGETS = text(
    """
    INSERT INTO cc_bulk_targets (job_id, target_id, version)
    SELECT :job_id, * FROM unnest(CAST(:ids AS bigint[]), CAST(:versions AS int[]))
    """
)


def plan_items(  # noqa: PLR0913 - optional arguments by keyword
    session: Session,
    action: ItemAction,
    *,
    author: str,
    ids: Sequence[int] | None = None,
    wanted: ItemFilter | None = None,
    arguments: Arguments | None = None,
) -> BulkJobView:
    """Plan `action` on the items `ids`, or on those that match `wanted` now, at most CAP.

    The job stores the version of each item. An item that changes before its turn is skipped.
    Without `arguments` they are given at the start. Raises InvalidInput.
    """
    if ids is not None:
        targets, is_capped = _versions(session, checked_ids(ids)), False
    else:
        wanted = resolve_all(session, wanted or ItemFilter())
        targets, is_capped = read_targets(
            lambda cursor: list_items(session, wanted, cursor=cursor, limit=MAX_LIMIT).map(
                lambda item: (item.id, item.version)
            )
        )
    return plan_job(
        session,
        Subject.ITEMS,
        action,
        author=author,
        targets=targets,
        is_capped=is_capped,
        selection=selection_of(ids, wanted),
        arguments=arguments,
    )


def plan_job(  # noqa: PLR0913 - all by keyword
    session: Session,
    subject: Subject,
    action: ItemAction | FailureAction,
    *,
    author: str,
    targets: Targets,
    is_capped: bool,
    selection: dict[str, Any],
    arguments: Arguments | None,
) -> BulkJobView:
    """Store a planned job with its targets."""
    checked = check_arguments(session, action, arguments) if arguments else Arguments()
    job = BulkJob(
        subject=subject,
        action=action,
        arguments=checked.to_json(),
        selection=selection,
        author=author,
        total=len(targets),
        is_capped=is_capped,
    )
    session.add(job)
    session.flush()
    add_targets(session, job.id, targets)
    session.refresh(job)
    return bulk_job_of(session, job)


def add_targets(session: Session, job_id: int, targets: Targets) -> None:
    """Store the targets of a job in one statement."""
    ids = [target_id for target_id, _ in targets]
    versions = [version for _, version in targets]
    session.execute(_ADD_TARGETS, {"job_id": job_id, "ids": ids, "versions": versions})


def checked_ids(ids: Sequence[int]) -> list[int]:
    """Return the ids in order, each once. Raises InvalidInput if there are none or too many."""
    unique = sorted(set(ids))
    if not unique:
        raise InvalidInput("Choose at least one.", field="ids")
    if len(unique) > CAP:
        raise InvalidInput(f"At most {CAP:,} can be changed at once.", field="ids")
    return unique


def read_targets(page_at: Callable[[str | None], Page[Target]]) -> tuple[Targets, bool]:
    """Read a list page by page, up to CAP targets. Return them, and whether more match."""
    found: list[Target] = []
    cursor: str | None = None
    for _ in range(PAGES_READ):
        page = page_at(cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None or len(found) > CAP:
            break
    return found[:CAP], cursor is not None or len(found) > CAP


def selection_of(ids: Sequence[int] | None, wanted: "DataclassInstance | None") -> dict[str, Any]:
    """Return how the targets were chosen, for people to read."""
    if ids is not None or wanted is None:
        return {"ids": len(set(ids or ()))}
    given = members_of(wanted)
    return {"filter": {name: value for name, value in given.items() if value is not None}}


def _versions(session: Session, ids: Sequence[int]) -> Targets:
    rows = session.execute(select(InboxItem.id, InboxItem.version).where(InboxItem.id.in_(ids)))
    versions = {row.id: row.version for row in rows}
    return [(item_id, versions.get(item_id)) for item_id in ids]
