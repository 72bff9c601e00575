"""An unchanged answer is not sent again, and what the caller did not see is not changed."""

from http import HTTPStatus

import pytest

from tests.web.conftest import Program

INBOX = "/api/automation/inbox"


def etag(program: Program, path: str) -> str:
    return program.get(path).headers["ETag"]


def test_an_unchanged_item_is_not_sent_again(program: Program, item_id: int) -> None:
    path = f"{INBOX}/{item_id}"
    tag = etag(program, path)
    assert tag.startswith('"1-')
    same = program.client.get(path, headers=program.headers | {"If-None-Match": tag})
    assert (same.status_code, same.data) == (HTTPStatus.NOT_MODIFIED, b"")
    assert same.headers["ETag"] == tag
    program.post(f"{path}/notes", json={"note": "Called."})
    changed = program.client.get(path, headers=program.headers | {"If-None-Match": tag})
    assert changed.status_code == HTTPStatus.OK
    assert changed.get_json()["history"]


@pytest.mark.usefixtures("item_id")
def test_a_list_has_a_weak_etag(program: Program) -> None:
    tag = etag(program, INBOX)
    assert tag.startswith("W/")
    assert etag(program, INBOX) == tag
    headers = program.headers | {"If-None-Match": tag}
    assert program.client.get(INBOX, headers=headers).status_code == HTTPStatus.NOT_MODIFIED
    assert etag(program, f"{INBOX}?status=resolved") != tag


def test_a_change_may_name_the_etag_that_its_caller_saw(program: Program, item_id: int) -> None:
    path = f"{INBOX}/{item_id}"
    seen = {"If-Match": etag(program, path)}
    acknowledged = program.post(f"{path}/acknowledge", more=seen)
    assert acknowledged.get_json()["version"] == 2
    late = program.post(f"{path}/resolve", more=seen)
    assert late.status_code == HTTPStatus.PRECONDITION_FAILED
    assert "acknowledged by maria" in late.get_json()["detail"]
    assert program.post(f"{path}/resolve", more={"If-Match": "*"}).status_code == HTTPStatus.OK


def test_a_change_that_the_state_forbids_is_a_conflict_even_with_the_right_etag(
    program: Program, item_id: int
) -> None:
    seen = {"If-Match": etag(program, f"{INBOX}/{item_id}")}
    answer = program.post(f"{INBOX}/{item_id}/reopen", more=seen)
    assert answer.status_code == HTTPStatus.CONFLICT


@pytest.mark.parametrize("tag", ["1", 'W/"1-0123456789abcdef"', '"another"', '"1-x", "2-y"'])
def test_an_etag_of_something_else_fails(program: Program, item_id: int, tag: str) -> None:
    answer = program.post(f"{INBOX}/{item_id}/resolve", more={"If-Match": tag})
    assert answer.status_code == HTTPStatus.PRECONDITION_FAILED
    assert answer.content_type == "application/problem+json"


def test_an_etag_and_another_version_contradict_each_other(program: Program, item_id: int) -> None:
    seen = {"If-Match": etag(program, f"{INBOX}/{item_id}")}
    path = f"{INBOX}/{item_id}/resolve"
    answer = program.post(path, json={"version": 2}, more=seen)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.get_json()["field"] == "version"
    assert program.post(path, json={"version": 1}, more=seen).status_code == HTTPStatus.OK
