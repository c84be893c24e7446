"""Text challenges: an owner who answers one logs in while a stranger's failures delay the seat.

Questions are plain text from our own server, so that they work without script, without
images and with a screen reader. A program can solve them; what bounds guessing is the delay
behind them (:mod:`oneseat.portal.services.login.throttle`). Nothing is stored: the question is
derived from a signed token by a keyed hash. The token is good for one try, since it is bound to
the number of failures so far.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from oneseat.portal.questions import Challenge
from oneseat.portal.tokens.signed_values import SignedValues
from signing.errors import OneSeatError
from signing.text import Text

_ZH = ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十")
_EN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Question:
    """A question in both languages, and the number that answers it."""

    text: Text
    answer: int = field(repr=False)


@dataclass(frozen=True)
class ChallengeReply:
    """A challenge's token and the answer that a candidate typed."""

    token: str = field(repr=False)
    answer: str = field(repr=False)


def make_challenge(
    signed_values: SignedValues, throttle_key: bytes, tries: int, now: datetime, *, again: bool = False
) -> Challenge:
    """A new challenge for a throttle key under which ``tries`` attempts have failed so far."""
    token = signed_values.challenge(_binding(throttle_key, tries), now)
    seed = signed_values.challenge_seed(token, _binding(throttle_key, tries), now)
    return Challenge(token, question(seed).text, again)


def is_right_reply(
    signed_values: SignedValues, throttle_key: bytes, tries: int, reply: ChallengeReply, now: datetime
) -> bool:
    """Whether a reply answers an unexpired challenge for this key and number of failures."""
    try:
        seed = signed_values.challenge_seed(reply.token, _binding(throttle_key, tries), now)
    except OneSeatError:
        return False
    return number_in(reply.answer) == question(seed).answer


def question(seed: bytes) -> Question:
    """Derive a question from a seed of at least 4 bytes."""
    make = _KINDS[seed[0] % len(_KINDS)]
    return make(*(byte % 9 + 1 for byte in seed[1:4]))


def number_in(text: str) -> int | None:
    """Parse a typed number: digits of any width, or a Chinese or English word."""
    typed = unicodedata.normalize("NFKC", text).strip().strip(".。").lower()
    if typed.isascii() and typed.isdecimal() and len(typed) <= 3:
        return int(typed)
    return _WORDS.get(typed)


def _sum(first: int, second: int, _: int) -> Question:
    return Question(
        Text(f"What is {_EN[first]} plus {_EN[second]}?", f"{_ZH[first]}加{_ZH[second]}等于几？"),
        first + second,
    )


def _difference(first: int, second: int, _: int) -> Question:
    more, less = max(first, second) + 1, min(first, second)
    text = Text(f"What is {_EN[more]} minus {_EN[less]}?", f"{_ZH[more]}减{_ZH[less]}等于几？")
    return Question(text, more - less)


def _choice(pick: Callable[..., int], en: str, zh: str) -> Callable[[int, int, int], Question]:
    def make(first: int, second: int, third: int) -> Question:
        # Steps of 1-4 and 5-8 around the nine numbers, so that all three differ.
        numbers = (first, (first + second % 4) % 9 + 1, (first + 4 + third % 4) % 9 + 1)
        listed = Text(", ".join(_EN[n] for n in numbers), "、".join(_ZH[n] for n in numbers))
        text = Text(f"Which of these is the {en}: {listed.en}?", f"{listed.zh}，其中{zh}的数是几？")
        return Question(text, pick(numbers))

    return make


_KINDS = (_sum, _difference, _choice(max, "greatest", "最大"), _choice(min, "smallest", "最小"))


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _ZH[ones]
    return ("" if tens == 1 else _ZH[tens]) + "十" + (_ZH[ones] if ones else "")


_WORDS = {
    **{_chinese(number): number for number in range(21)},
    **{word: number for number, word in enumerate(_EN)},
    "两": 2,
}


def _binding(throttle_key: bytes, tries: int) -> bytes:
    return throttle_key + tries.to_bytes(8, "big")
