"""Creating, reading and retrying jobs."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.bootstrap import Container
from app.core.errors import Conflict, InvalidInput, NotFound
from app.outbound.enqueue import Enqueued, submit
from app.outbound.messages import Message, Template, Text
from app.outbound.models import OutboundStatus
from app.outbound.queries import JobFilter, list_jobs, show_job
from app.outbound.retry_job import retry_job
from app.outbound.runner import run_outbound
from tests.whatsapp import CUSTOMER, OTHER_CUSTOMER, Read


@pytest.fixture
def ask(container: Container) -> "Ask":
    return Ask(container)


class Ask:
    """Creates a job like an admin."""

    def __init__(self, container: Container) -> None:
        self.container = container

    def __call__(
        self,
        message: Message = Text("hello"),  # noqa: B008 - a frozen value
        to: str = CUSTOMER,
        key: str | None = None,
    ) -> Enqueued:
        with self.container.sessions.begin() as session:
            return submit(
                session,
                recipient=to,
                message=message,
                actor="ana",
                vault=self.container.vault,
                idempotency_key=key,
            )


def test_neither_number_nor_text_is_stored_in_clear(ask: Ask, read: Read) -> None:
    ask()
    (job,) = read("SELECT * FROM cc_outbound_jobs JOIN cc_customers AS c ON c.id = customer_id")
    assert job["masked"] == "••• 1222"
    assert not any(CUSTOMER[1:] in str(value) or value == "hello" for value in job.values())


def test_the_history_of_a_job_names_its_author(ask: Ask, container: Container) -> None:
    job_id = ask().job_id
    with container.sessions.begin() as session:
        (act,) = show_job(session, job_id).history
    assert (act.actor, act.action) == ("ana", "create")


def test_the_same_key_and_content_lead_to_the_same_job(ask: Ask) -> None:
    first = ask(key="order-1")
    assert first.is_new
    assert ask(to="+34 600 11 12 22", key="order-1") == Enqueued(first.job_id, is_new=False)


def test_a_key_with_another_content_is_a_conflict(ask: Ask) -> None:
    ask(key="order-1")
    for again in (
        {"message": Text("goodbye")},
        {"to": OTHER_CUSTOMER},
        {"message": Template("hello", "en")},
    ):
        with pytest.raises(Conflict, match="idempotency key"):
            ask(key="order-1", **again)


def test_concurrent_calls_with_one_key_create_one_job(ask: Ask, read: Read) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: ask(key="order-1"), range(8)))
    assert len({each.job_id for each in results}) == 1
    assert sum(each.is_new for each in results) == 1
    assert len(read("SELECT id FROM cc_outbound_activity")) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "clé", "a\nb", "a\x00"])
def test_a_key_that_is_no_plain_text_is_refused(ask: Ask, key: str) -> None:
    with pytest.raises(InvalidInput, match="idempotency key"):
        ask(key=key)


def test_only_a_failed_job_can_be_retried(ask: Ask, container: Container) -> None:
    job_id = ask().job_id
    with container.sessions.begin() as session, pytest.raises(Conflict, match="is queued"):
        retry_job(session, job_id, actor="ana")
    with container.sessions.begin() as session, pytest.raises(NotFound, match="99"):
        retry_job(session, 99, actor="ana")


def test_a_retried_job_is_due_with_its_history(ask: Ask, container: Container) -> None:
    job_id = ask(to="+15550131026").job_id
    while run_outbound(container.outbound).due_in is not None:
        time.sleep(0.02)
    with container.sessions.begin() as session:
        job = retry_job(session, job_id, actor="bob")
    assert (job.status, job.attempts, job.budget) == ("queued", 0, 2)
    with container.sessions.begin() as session:
        shown = show_job(session, job_id)
    assert [act.actor for act in shown.history] == ["ana", "bob"]
    assert len(shown.attempts) == 5
    assert shown.job.last_error_code == 131026


def test_jobs_are_listed_newest_first_by_pages(ask: Ask, container: Container) -> None:
    ids = [ask().job_id for _ in range(5)]
    seen, cursor = [], None
    while True:
        with container.sessions.begin() as session:
            page = list_jobs(session, JobFilter(), cursor=cursor, limit=2)
        seen += [job.id for job in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == ids[::-1]


def test_jobs_are_filtered_by_status(ask: Ask, container: Container) -> None:
    ask()
    run_outbound(container.outbound)
    ask()
    with container.sessions.begin() as session:
        page = list_jobs(session, JobFilter(status=OutboundStatus.SENT))
    assert [job.status for job in page.items] == ["sent"]


def test_a_job_that_does_not_exist_is_not_found(container: Container) -> None:
    with container.sessions.begin() as session, pytest.raises(NotFound, match="job 7"):
        show_job(session, 7)
