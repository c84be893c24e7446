"""A question that people can answer: how an owner gets in while a stranger keeps the number waiting.

Questions are plain text from our own server, so that they work without script, without
images and with a screen reader. They do not keep programs out for good; what bounds
guessing is the delay behind them (:mod:`oneseat.portal.services.throttle`). Nothing is remembered: the
question follows from a stamp by a keyed hash, and the stamp is good for one try, since it
names how many were made before.
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
class Reply:
    """What came back."""

    stamp: str = field(repr=False)
    answer: str = field(repr=False)


def ask(
    signed_values: SignedValues, about: bytes, tries: int, now: datetime, *, again: bool = False
) -> Challenge:
    """A fresh question for one throttle key (``about``) under which ``tries`` attempts have failed so far."""
    stamp = signed_values.challenge(_binding(about, tries), now)
    seed = signed_values.challenge_seed(stamp, _binding(about, tries), now)
    return Challenge(stamp, question(seed).text, again)


def is_right(signed_values: SignedValues, about: bytes, tries: int, reply: Reply, now: datetime) -> bool:
    """Whether a reply answers a question that was asked for this key at this count, not long ago."""
    try:
        seed = signed_values.challenge_seed(reply.stamp, _binding(about, tries), now)
    except OneSeatError:
        return False
    return number_in(reply.answer) == question(seed).answer


def question(seed: bytes) -> Question:
    """The question that a seed (at least 4 bytes) stands for."""
    make = _KINDS[seed[0] % len(_KINDS)]
    return make(*(byte % 9 + 1 for byte in seed[1:4]))


def number_in(text: str) -> int | None:
    """The number that somebody typed: in digits of any width, or as a Chinese or English word."""
    typed = unicodedata.normalize("NFKC", text).strip().strip(".。").lower()
    if typed.isascii() and typed.isdecimal() and len(typed) <= 3:
        return int(typed)
    return _WORDS.get(typed)


def _sum(one: int, other: int, _: int) -> Question:
    return Question(
        Text(f"What is {_EN[one]} plus {_EN[other]}?", f"{_ZH[one]}加{_ZH[other]}等于几？"), one + other
    )


def _difference(one: int, other: int, _: int) -> Question:
    more, less = max(one, other) + 1, min(one, other)
    text = Text(f"What is {_EN[more]} minus {_EN[less]}?", f"{_ZH[more]}减{_ZH[less]}等于几？")
    return Question(text, more - less)


def _choice(pick: Callable[..., int], en: str, zh: str) -> Callable[[int, int, int], Question]:
    def made(one: int, other: int, third: int) -> Question:
        # Steps of 1-4 and 5-8 around the nine numbers: three different ones.
        numbers = (one, (one + other % 4) % 9 + 1, (one + 4 + third % 4) % 9 + 1)
        listed = Text(", ".join(_EN[n] for n in numbers), "、".join(_ZH[n] for n in numbers))
        text = Text(f"Which of these is the {en}: {listed.en}?", f"{listed.zh}，其中{zh}的数是几？")
        return Question(text, pick(numbers))

    return made


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


def _binding(about: bytes, tries: int) -> bytes:
    return about + tries.to_bytes(8, "big")
