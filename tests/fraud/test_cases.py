"""Reading cases and verifications."""

import pytest

from app.bootstrap import Container
from app.core.errors import NotFound
from app.fraud.queries import list_cases, show_case, show_verification
from devtools.whatsapp_sandbox.server import RunningSandbox
from tests.whatsapp import REPORT, Customer


def test_cases_are_listed_newest_first_by_pages(
    container: Container, sandbox: RunningSandbox
) -> None:
    for number in range(3):
        customer = Customer(container, sandbox, f"+3460000000{number}")
        customer.write(REPORT)
        customer.write(customer.code())
    with container.sessions.begin() as session:
        first = list_cases(session, limit=2)
        second = list_cases(session, limit=2, cursor=first.next_cursor)
        closed = list_cases(session, status="closed")
    masked = [case.phone for page in (first, second) for case in page.items]
    assert masked == ["••• 0002", "••• 0001", "••• 0000"]
    assert second.next_cursor is None
    assert closed.items == []


def test_a_case_is_shown_with_its_verification(container: Container, customer: Customer) -> None:
    customer.write(REPORT)
    customer.write(customer.code())
    with container.sessions.begin() as session:
        shown = show_case(session, 1)
        verification = show_verification(session, shown.case.verification_job_id)
    assert (shown.case.report, shown.case.status) == (REPORT, "open")
    assert shown.verification == verification
    assert (verification.status, verification.wrong_codes) == ("verified", 0)
    assert verification.closed_at is not None


def test_what_does_not_exist_is_not_found(container: Container) -> None:
    with container.sessions.begin() as session, pytest.raises(NotFound, match="case 7"):
        show_case(session, 7)
    with container.sessions.begin() as session, pytest.raises(NotFound, match="verification 7"):
        show_verification(session, 7)
