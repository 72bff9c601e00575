"""Redaction hides codes and full telephone numbers."""

import pytest

from app.core.redaction import HIDDEN, mask_phone, redact, redact_text


@pytest.mark.parametrize(
    "text, shown",
    [
        ("my code is 123456", f"my code is {HIDDEN}"),
        ("123 456", HIDDEN),
        ("123-456", HIDDEN),
        ("call +34 600 111 222 now", "call ••• 1222 now"),
        ("34600111222", "••• 1222"),
        ("phone=34600111222", "phone=••• 1222"),
        ("/phones/34600111222", "/phones/••• 1222"),
        ("(600) 111-2222", "(••• 2222"),
        ("600 1112", "••• 1112"),
        ("from US.13491208655302741918", "from US.••• 1918"),
        ("US.ENT.11815799212886844830 wrote", "US.••• 4830 wrote"),
        ("sent wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQQA=", f"sent {HIDDEN}"),
    ],
)
def test_telephone_numbers_and_codes_are_hidden(text: str, shown: str) -> None:
    assert redact_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22",
        "2026-11-22 09:00:00",
        "2026-11-22T09:00:00.123456+00:00",
        "case:123456",
        "/automation/cases/123456",
        "••• 4567",
        "line 1234 of 20000",
        "took 0.123456 s",
        "9d5b6d67-f4d6-42a5-b0ea-6cf83641a91b",
    ],
)
def test_dates_ids_and_counts_stay_readable(text: str) -> None:
    assert redact_text(text) == text


def test_values_under_secret_keys_are_hidden_and_numbers_stay() -> None:
    value = {
        "otp": "1",
        "phone": "+34600111222",
        "from_user_id": "US.1349",
        "case_id": 123456,
        "list": ["654321", b"raw"],
    }

    assert redact(value) == {
        "otp": HIDDEN,
        "phone": "••• 1222",
        "from_user_id": "US.•••",
        "case_id": 123456,
        "list": [HIDDEN, HIDDEN],
    }


def test_a_short_number_is_hidden_completely() -> None:
    assert mask_phone("1234") == "•••"
