"""The patterns match codes and numbers in the usual notations, and nothing else."""

import re

import pytest

from devtools.drills.leak_patterns import SeenSecrets, count_leaks, links_in

SEEN = SeenSecrets(codes={"482913"}, numbers={"+34600111222"})


@pytest.mark.parametrize(
    "words",
    [
        "Your code is 482913.",
        '{"code": "482913"}',
        "code=482913&x",
        "482 913",
        "482-913",
        "+34600111222",
        "34600111222",
        "600 111 222",
        "(600) 111-222",
        "tel:600.111.222",
        "wamid.HBgLMzQ2MDAxMTEyMjIVAgASGBQzQURGODQ0MTM0N0Y4NTcxQzEwMAA=",
    ],
)
def test_a_code_or_number_is_found(words: str) -> None:
    assert count_leaks(SEEN.pattern, [words]) == 1


@pytest.mark.parametrize(
    "words",
    [
        "2026-11-22 12:00:00.482913+00",
        "gAAAAAB482913xyz",
        "4829130",
        "••• 1222",
        "600 111 223",
    ],
)
def test_other_text_is_not_found(words: str) -> None:
    assert not re.search(SEEN.pattern, words)


def test_links_of_other_sites_are_not_followed() -> None:
    page = '<a href="/automation?a=1&amp;b=2">x</a> <a href="https://elsewhere/automation">y</a>'
    assert list(links_in(page)) == ["/automation?a=1&b=2"]
