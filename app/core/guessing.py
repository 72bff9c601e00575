"""Estimate how easy a secret is to guess, with zxcvbn.

It knows 30,000 common passwords, names, words and keyboard patterns, also with other letters and
digits in them.
"""

from collections.abc import Iterable

from zxcvbn import zxcvbn

_ESTIMATED = 72
"""Characters that zxcvbn looks at. Its time grows with the square of the length."""


def strength_of(secret: str, *, known_words: Iterable[str]) -> int:
    """Return zxcvbn's score, from 0 to 4. From 2 on a guesser needs 10^6 guesses, from 4 on 10^10.

    `known_words` are words that a guesser would try first.
    """
    score: int = zxcvbn(secret[:_ESTIMATED], user_inputs=list(known_words))["score"]
    return score
