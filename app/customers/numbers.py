"""The spellings of one telephone number. Pure.

WhatsApp keeps the mobile prefix that a country has given up, or leaves out the digit that
it has added: Mexico `+52 1 …`, Argentina `+54 9 …`, Brazil without its ninth digit.
"""

import re

_MEXICO = re.compile(r"\+52(1?)(\d{10})")
_ARGENTINA = re.compile(r"\+54(9?)(\d{10})")
_BRAZIL = re.compile(r"\+55(\d\d)(9?)([6-9]\d{7})")


def spellings(number: str) -> tuple[str, ...]:
    """Return the E.164 forms that mean the same telephone, the canonical one first.

    The canonical form is the one without the optional digit.
    """
    if match := _MEXICO.fullmatch(number):
        return f"+52{match[2]}", f"+521{match[2]}"
    if match := _ARGENTINA.fullmatch(number):
        return f"+54{match[2]}", f"+549{match[2]}"
    if match := _BRAZIL.fullmatch(number):
        return f"+55{match[1]}{match[3]}", f"+55{match[1]}9{match[3]}"
    return (number,)


def canonical(number: str) -> str:
    """Return the one form by which spellings of a number are matched."""
    return spellings(number)[0]
