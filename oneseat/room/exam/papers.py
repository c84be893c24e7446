"""Papers: the questions of each session, read from one TOML file a session when the room starts.

They are plain files for now. Nothing of them leaves the room before a session's start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from oneseat.room.refusals.start import PaperUnusable
from oneseat.web.setting_checks import reason_of
from signing.charter import Charter
from signing.os_faults import system_reason
from signing.text import Text

_LARGEST_FILE = 1 << 20
_Words = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
_Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Part):
    """Text in two languages."""

    zh: _Words
    en: _Words


class Question(_Part):
    """A question that is answered aloud, with the time to prepare and the time to speak."""

    id: _Id
    kind: Literal["spoken"]
    text: Words
    prepare_s: int = Field(ge=0, le=3600)
    answer_s: int = Field(ge=1, le=3600)


class Paper(_Part):
    """The questions of one session. With the pace ``own`` each candidate goes on by themselves."""

    title: Words
    pace: Literal["own"] = "own"
    questions: tuple[Question, ...] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _distinct(self) -> Paper:
        names = [question.id for question in self.questions]
        if len(set(names)) != len(names):
            raise ValueError(Text("two questions have one id", "有试题编号重复"))
        return self

    def wire(self) -> dict[str, Any]:
        """The paper as the page gets it."""
        return self.model_dump(mode="json")


class Papers:
    """The papers of all sessions, by kind and position.

    Raises:
        PaperUnusable: a session's paper is missing, or cannot be used.
    """

    def __init__(self, folder: Path, charter: Charter) -> None:
        sessions = [("mock", position) for position in range(len(charter.mocks))]
        sessions += [("formal", position) for position in range(len(charter.formals))]
        self._papers: Mapping[tuple[str, int], Paper] = {
            (kind, position): read_paper(folder / f"{kind}-{position}.toml") for kind, position in sessions
        }

    def of(self, kind: str, session: int) -> Paper | None:
        """The paper of a session; None for a session that was added after the room's start."""
        return self._papers.get((kind, session))


def read_paper(path: Path) -> Paper:
    """Read a paper.

    Raises:
        PaperUnusable: it cannot be read, is not TOML, or a member is missing or wrong.
    """
    try:
        data = path.read_bytes()[:_LARGEST_FILE]
        return Paper.model_validate(tomllib.loads(data.decode("utf-8-sig")))
    except OSError as error:
        raise PaperUnusable(file=path.name, reason=system_reason(error)) from None
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where, reason = ".".join(map(str, fault["loc"])) or path.stem, reason_of(fault)
        named = Text(f"{where}: {reason.en}", f"{where}：{reason.zh}")
        raise PaperUnusable(file=path.name, reason=named) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        not_toml = Text("it is not TOML in UTF-8", "不是 UTF-8 编码的 TOML 文件")
        raise PaperUnusable(file=path.name, reason=not_toml) from None
