import base64

import pytest

from app.core.errors import InvalidInput
from app.core.paging import MAX_ID, decode_cursor, encode_cursor


@pytest.mark.parametrize("identity", [1, 42, MAX_ID])
def test_decoding_a_cursor_returns_its_id(identity: int) -> None:
    assert decode_cursor(encode_cursor(identity)) == identity


def test_without_a_cursor_a_list_starts_at_the_newest_id() -> None:
    assert decode_cursor(None) == MAX_ID


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "42",
        "not a cursor",
        "é",
        "\x00",
        base64.urlsafe_b64encode(b"before:").decode(),
        base64.urlsafe_b64encode(b"before:-1").decode(),
        base64.urlsafe_b64encode(b"before:1; DROP TABLE").decode(),
        base64.urlsafe_b64encode("before:٤٢".encode()).decode(),
        base64.urlsafe_b64encode(f"before:{MAX_ID + 1}".encode()).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_an_unknown_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor") as caught:
        decode_cursor(cursor)
    assert caught.value.field == "cursor"
