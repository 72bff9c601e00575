"""A case in the API."""

from app.bootstrap import Container
from tests.web.cases import write_case
from tests.web.conftest import Program


def test_the_api_returns_a_case_with_its_later_messages(
    program: Program, container: Container
) -> None:
    write_case(container.sessions)
    case = program.get("/api/fraud/cases/1").get_json()
    assert case["verification"]["status"] == "verified"
    assert case["verification"]["wrong_codes"] == 0
    assert [message["text"] for message in case["messages"]] == ["480 EUR in Lyon <b>", "on Monday"]
