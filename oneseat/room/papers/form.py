"""The form of a paper's file: pydantic models of its head, its questions by kind, and their materials."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from signing.text import Text

MOST_QUESTIONS = 100
OWN, CLOCK = "own", "clock"
"""Paces: each candidate goes on by themselves, or all go by the session's clock."""
SPOKEN, CHOICE, TEXT = "spoken", "choice", "text"
PICTURE, SOUND = "picture", "sound"
LONGEST_ANSWER = 4000
"""Characters of a typed answer at most; four bytes each, they fit into one call."""
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def require_visible(text: str) -> str:
    """Require a text of characters that show, and of line breaks.

    Raises:
        PydanticCustomError: a character controls a terminal or turns the reading direction.
    """
    for character in text:
        if character != "\n" and unicodedata.category(character) in _HIDDEN:
            raise PydanticCustomError("hidden_character", "hidden", {"code": f"U+{ord(character):04X}"})
    return text


_Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(require_visible),
]
_Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
_FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
_Seconds = Annotated[int, Field(ge=0, le=86_400)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Words(_Part):
    """Text in two languages."""

    zh: _Words
    en: _Words


class TextMaterial(_Part):
    """Text to read beside the question."""

    kind: Literal["text"]
    text: Words


class PictureMaterial(_Part):
    """A picture in a file beside the paper; ``alt`` says what it shows."""

    kind: Literal["picture"]
    file: _FileName
    alt: Words


class SoundMaterial(_Part):
    """A sound in a file beside the paper, with its words."""

    kind: Literal["sound"]
    file: _FileName
    transcript: Words


class Option(_Part):
    """One option of a choice."""

    id: _Id
    text: Words


class Question(_Part):
    """What all questions have. ``from_s`` and ``to_s``, for the pace ``clock``, count from the start."""

    id: _Id
    text: Words
    materials: list[dict[str, object]] = Field(default=[], max_length=10)
    from_s: _Seconds | None = None
    to_s: _Seconds | None = None

    @property
    def needed_s(self) -> int:
        """Seconds that the question's own times need; 0 where it has none."""
        return 0


class SpokenQuestion(Question):
    """A question that is answered aloud, with the time to prepare and the time to speak."""

    kind: Literal["spoken"]
    prepare_s: int = Field(ge=0, le=3600)
    answer_s: int = Field(ge=1, le=3600)

    @property
    def needed_s(self) -> int:
        """Seconds to prepare and to speak."""
        return self.prepare_s + self.answer_s


class ChoiceQuestion(Question):
    """A question with options, of which ``least`` to ``most`` are chosen."""

    kind: Literal["choice"]
    options: list[Option] = Field(min_length=2, max_length=12)
    least: int = Field(default=1, ge=1)
    most: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _possible(self) -> ChoiceQuestion:
        if len({option.id for option in self.options}) != len(self.options):
            raise ValueError(
                Text("two options have one id: give each its own", "选项编号重复，请为每个选项取不同的编号")
            )
        if not self.least <= self.most <= len(self.options):
            raise ValueError(
                Text(
                    "least must be at most `most`, and `most` at most the number of options",
                    "least 不能大于 most，most 不能大于选项个数",
                )
            )
        return self


class TextQuestion(Question):
    """A question that is answered in writing, with at most ``longest`` characters."""

    kind: Literal["text"]
    longest: int = Field(default=500, ge=1, le=LONGEST_ANSWER)


class Head(_Part):
    """A paper's file, with questions that are validated by their kind afterwards."""

    title: Words
    pace: Literal["own", "clock"] = "own"
    questions: list[dict[str, object]] = Field(min_length=1, max_length=MOST_QUESTIONS)


QUESTIONS: dict[str, type[SpokenQuestion | ChoiceQuestion | TextQuestion]] = {
    SPOKEN: SpokenQuestion,
    CHOICE: ChoiceQuestion,
    TEXT: TextQuestion,
}
MATERIALS: dict[str, type[TextMaterial | PictureMaterial | SoundMaterial]] = {
    TEXT: TextMaterial,
    PICTURE: PictureMaterial,
    SOUND: SoundMaterial,
}
