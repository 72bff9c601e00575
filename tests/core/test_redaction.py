"""Redaction hides codes and full telephone numbers."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.digit_runs import find_digits, plain_text, values_of
from app.core.redaction import HIDDEN, KnownSecrets, mask_phone, redact, redact_text
from tests.core.number_forms import forms_of

NUMBER = "34600111222"
CODE = "482913"
KNOWN = KnownSecrets(own_numbers=[f"+{NUMBER}"], is_code=lambda digits: digits == CODE)


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
        "otpCode": "1",
        "Idempotency-Key": "k",
        "34600111222": 1,
        "44600111222": 2,
        "phone": "+34600111222",
        "from_user_id": "US.1349",
        "case_id": 123456,
        "list": ["654321", b"raw"],
    }

    assert redact(value) == {
        "otp": HIDDEN,
        "otpCode": HIDDEN,
        "Idempotency-Key": HIDDEN,
        "••• 1222": 1,
        "••• 1222 (2)": 2,
        "phone": "••• 1222",
        "from_user_id": "US.•••",
        "case_id": 123456,
        "list": [HIDDEN, HIDDEN],
    }


def test_a_short_number_is_hidden_completely() -> None:
    assert mask_phone("1234") == "•••"


@pytest.mark.parametrize("known", [None, KNOWN])
@pytest.mark.parametrize("digits", [NUMBER, CODE])
def test_a_number_and_a_code_are_hidden_in_every_form(
    digits: str, known: KnownSecrets | None
) -> None:
    texts = [f"It is {form} yes" for form in forms_of(digits)]
    assert len(texts) > 80
    assert [text for text in texts if redact_text(text, known=known) == text] == []


SEPARATOR = st.text(
    st.characters(
        categories=("P", "Sm", "Sk", "Z", "Cf", "Mn"),
        exclude_characters=":.-",
    ),
    max_size=4,
)
"""Any separator except those of times, amounts, addresses and dates."""


@given(st.lists(SEPARATOR, min_size=15), st.text(string.digits, min_size=6, max_size=15))
def test_no_separator_lets_digits_through(separators: list[str], digits: str) -> None:
    text = "".join(digit + gap for digit, gap in zip(digits, separators, strict=False))
    assert digits not in values_of(find_digits(plain_text(redact_text(f"x {text}")).text))


@pytest.mark.parametrize(
    "text",
    [
        "I lost 250000 pesos",
        "They took 250000 from me",
        "It was $1,250,000 on 2026-11-22 at 09:15",
        "480 EUR in Lyon, on Monday",
        "Perdí 1.250.000,00 COP",
        "1,234,567 messages",
    ],
)
def test_amounts_in_the_words_of_a_customer_stay_readable(text: str) -> None:
    assert redact_text(text, known=KNOWN) == text


@pytest.mark.parametrize(
    "text, shown",
    [
        (f"it said {CODE[0]}9{CODE} there", f"it said {HIDDEN} there"),
        ("4 calls, 8 texts, then 2, 9 and 13", f"{HIDDEN} calls,  texts, then ,  and "),
        ("my pin is 111222", f"my pin is {HIDDEN}"),
        ("ask 0034 then 600 or 111 and 222", f"ask 0034 then 60{HIDDEN} or  and "),
    ],
)
def test_known_secrets_are_hidden_wherever_their_digits_stand(text: str, shown: str) -> None:
    assert redact_text(text, known=KNOWN) == shown


@pytest.mark.parametrize(
    "text, shown",
    [
        ("card 4111 1111 1111 1111", "card ••• 1111"),
        ("card 4111 1111 1111 1111 12/27 123", f"card {HIDDEN}"),
        ("card 4111 1111 1111 1112", f"card {HIDDEN}"),
        ("ES91 2100 0418 4502 0005 1332", "••• 1332"),
        ("GB29 NWBK 6016 1331 9268 19", "••• 6819"),
    ],
)
def test_cards_and_accounts_are_masked(text: str, shown: str) -> None:
    assert redact_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "connection to server at 10.0.0.5:5432 failed",
        "12,345 of 9 in 0.25 s",
        "digest 0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "someone phoned, then one more",
    ],
)
def test_what_programs_write_stays_readable(text: str) -> None:
    assert redact_text(text) == text


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == once
