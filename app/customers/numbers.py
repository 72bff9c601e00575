"""The spellings of one telephone number. Pure.

WhatsApp writes numbers of three countries differently: Mexico as `+52 1 …`, Argentina as
`+54 9 …`, and Brazil without the ninth digit.
"""

import re

_MEXICO = re.compile(r"\+52(1?)(\d{10})")
_ARGENTINA = re.compile(r"\+54(9?)(\d{10})")
_BRAZIL = re.compile(r"\+55(\d\d)(9?)([6-9]\d{7})")


def spellings(number: str) -> tuple[str, ...]:
    """Return the E.164 spellings of the same number, the canonical one first.

    The canonical spelling has no optional digit.
    """
    if match := _MEXICO.fullmatch(number):
        return f"+52{match[2]}", f"+521{match[2]}"
    if match := _ARGENTINA.fullmatch(number):
        return f"+54{match[2]}", f"+549{match[2]}"
    if match := _BRAZIL.fullmatch(number):
        return f"+55{match[1]}{match[3]}", f"+55{match[1]}9{match[3]}"
    return (number,)


def canonical(number: str) -> str:
    """Return the spelling by which numbers are compared."""
    return spellings(number)[0]
