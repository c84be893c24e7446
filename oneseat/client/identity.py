"""The typed identity, read from the window, the environment or an answers file.

Never from arguments, which process lists show. Variables are removed from the environment as they are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, MutableMapping, Optional, Sequence

from oneseat.client.errors import AnswersMalformed, AnswersUnreadable, IdentityIncomplete
from signing import documents
from signing.normal_forms import normalise_admission_number, normalise_id_number
from signing.os_faults import system_reason
from signing.text import Text

MAX_ANSWERS_BYTES = 16 * 1024
ANSWER_KEYS = ("id_number", "admission_number", "install_code")
_VARIABLES = {key: f"ONESEAT_{key.upper()}" for key in ANSWER_KEYS}
_KEY = re.compile(r"[a-z_]{1,40}")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

ID_NUMBER = Text("ID number", "证件号码")
ADMISSION_NUMBER = Text("admission number", "准考证号")


@dataclass(frozen=True)
class Identity:
    """A typed identity in normal form. ``repr`` shows none of it."""

    id_number: str = field(repr=False)
    admission_number: str = field(repr=False)
    install_code: Optional[str] = field(default=None, repr=False)

    @classmethod
    def typed(cls, id_number: str, admission_number: str, install_code: str = "") -> Identity:
        """Normalise a typed identity.

        Raises:
            IdentityIncomplete: the ID number or the admission number is empty.
        """
        number, admission = normalise_id_number(id_number), normalise_admission_number(admission_number)
        for value, name in ((number, ID_NUMBER), (admission, ADMISSION_NUMBER)):
            if not value:
                raise IdentityIncomplete(field=name)
        return cls(number, admission, install_code.strip() or None)

    def check_form(self, document_kinds: Sequence[str]) -> None:
        """Check the ID number's form for the document kinds that the exam accepts.

        Raises:
            DocumentInvalid: it matches none of them.
        """
        documents.check(document_kinds, self.id_number)


def from_answers(answers: Dict[str, str]) -> Identity:
    """Build the identity from answers, by :data:`ANSWER_KEYS`.

    Raises:
        IdentityIncomplete: the ID number or the admission number is missing.
    """
    return Identity.typed(*(answers.get(key, "") for key in ANSWER_KEYS))


def take_from_environment(environment: MutableMapping[str, str]) -> Dict[str, str]:
    """Remove all answers from the inherited environment, and return those that are set."""
    values = {key: environment.pop(name, None) for key, name in _VARIABLES.items()}
    return {key: value for key, value in values.items() if value is not None}


def read_answers(path: Path) -> Dict[str, str]:
    """Read an answers file. Refusals repeat none of its content.

    Raises:
        AnswersUnreadable: it cannot be read, is too large, or is not text.
        AnswersMalformed: a line has no ``=``, or a key occurs twice.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_ANSWERS_BYTES + 1)
    except (OSError, ValueError) as fault:
        raise AnswersUnreadable(reason=system_reason(fault)) from None
    return parse_answers(data)


def parse_answers(data: bytes) -> Dict[str, str]:
    """Parse ``key=value`` lines (UTF-8, or UTF-16 with a byte order mark).

    Empty lines, comments (``#``, ``;``), section headings and unknown keys are ignored.

    Raises:
        AnswersUnreadable: the data is too large, or not text.
        AnswersMalformed: a line has no ``=``, or a key occurs twice.
    """
    if len(data) > MAX_ANSWERS_BYTES:
        raise AnswersUnreadable(
            reason=Text(f"more than {MAX_ANSWERS_BYTES} bytes", f"超过 {MAX_ANSWERS_BYTES} 字节")
        )
    answers: Dict[str, str] = {}
    for number, raw in enumerate(_decode(data).splitlines(), start=1):
        line = raw.strip()
        if line and line[0] not in "#;[":
            _parse_line(answers, number, line)
    return answers


def _parse_line(answers: Dict[str, str], number: int, line: str) -> None:
    key, equals, value = line.partition("=")
    key = key.strip().lower()
    if not equals or not _KEY.fullmatch(key):
        raise AnswersMalformed(line=number, reason=Text("it is not key=value", "不是 key=value 形式"))
    if key in answers:
        raise AnswersMalformed(line=number, reason=Text(f"{key} is answered twice", f"{key} 重复"))
    if key in ANSWER_KEYS:
        answers[key] = value.strip()


def _decode(data: bytes) -> str:
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise AnswersUnreadable(reason=Text("not UTF-8 or UTF-16", "不是 UTF-8 或 UTF-16 编码")) from None
    if "\0" in text:
        raise AnswersUnreadable(reason=Text("not text", "不是文本文件"))
    return text
