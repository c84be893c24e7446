"""Checks the form of a typed identity before it is compared with a seat: missing, mistyped or swapped fields.

No check depends on a seat, so a fault tells nothing about who is a candidate. Each refuses only what no
roster can hold: a name without a letter, an ID number that fits no kind of document
(:mod:`signing.documents`), and with such an ID number a resident's number as the admission number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from oneseat.portal.field_faults import FieldFault
from signing import documents
from signing.normal_forms import normalise_admission_number, normalise_id_number, normalise_name
from signing.refusals import DocumentInvalid
from signing.text import Text

NAME, ID_NUMBER, ADMISSION_NUMBER = "name", "id_number", "admission_number"

_LETTER = re.compile(r"[^\W\d_]")
_RESIDENT = ("resident-id",)

NAME_MISSING = Text("Fill in your name.", "请填写姓名。")
ID_NUMBER_MISSING = Text("Fill in your ID number.", "请填写证件号码。")
ADMISSION_NUMBER_MISSING = Text("Fill in your admission number.", "请填写准考证号。")
NAME_WITHOUT_LETTERS = Text("This is no name; fill in your name.", "这里应填写姓名，您填写的不是姓名。")
SWAPPED_ID = Text("Fill in your ID number here.", "这里应填写证件号码，与准考证号填反了。")
SWAPPED_ADMISSION = Text(
    "This is an ID number; fill in your admission number.", "这里应填写准考证号，您填写的是证件号码。"
)


class NumberForm(NamedTuple):
    """The form that all admission numbers of an exam have in common; lengths in characters."""

    shortest: int
    longest: int
    digits_only: bool

    def fault(self, admission_number: str) -> Text | None:
        """What makes a typed number differ from every number of the exam, or None."""
        number = normalise_admission_number(admission_number)
        if self.digits_only and not (number.isascii() and number.isdigit()):
            return Text("The admission number has digits only.", "准考证号只有数字，请检查。")
        if self.shortest <= len(number) <= self.longest:
            return None
        lengths = str(self.shortest) if self.shortest == self.longest else f"{self.shortest}–{self.longest}"
        return Text(
            f"The admission number has {lengths} characters; this one has {len(number)}.",
            f"准考证号应为 {lengths} 位，现为 {len(number)} 位。",
        )


def faults_in_identity(
    name: str, id_number: str, admission_number: str, kinds: Sequence[str]
) -> tuple[FieldFault, ...]:
    """The faults of a typed identity, in the order of the form's fields; none for what may be a seat's.

    ``kinds`` are the documents that the exam accepts. They only choose the words: a number of another kind
    passes, since a later charter may accept fewer kinds than the one that seats were issued under.
    """
    return tuple(_faults(name, id_number, admission_number, kinds))


def _faults(name: str, id_number: str, admission_number: str, kinds: Sequence[str]) -> Iterator[FieldFault]:
    # Private-use letters become letters only when they are normalised.
    if not _LETTER.search(name) and not _LETTER.search(normalise_name(name)):
        yield FieldFault(NAME, NAME_WITHOUT_LETTERS if name.strip() else NAME_MISSING)
    number = normalise_id_number(id_number)
    swapped = False
    if not number:
        yield FieldFault(ID_NUMBER, ID_NUMBER_MISSING)
    elif not _fits(documents.KINDS, number):
        swapped = _fits(_RESIDENT, normalise_admission_number(admission_number))
        yield FieldFault(ID_NUMBER, SWAPPED_ID if swapped else _reason(kinds, number))
    if not admission_number.strip():
        yield FieldFault(ADMISSION_NUMBER, ADMISSION_NUMBER_MISSING)
    elif swapped:
        yield FieldFault(ADMISSION_NUMBER, SWAPPED_ADMISSION)


def _fits(kinds: Sequence[str], number: str) -> bool:
    try:
        documents.check(kinds, number)
    except DocumentInvalid:
        return False
    return True


def _reason(kinds: Sequence[str], number: str) -> Text:
    try:
        documents.check(kinds, number)
    except DocumentInvalid as refusal:
        reason = refusal.facts["reason"]
        if isinstance(reason, Text):
            return Text(f"The ID number is not right: {reason.en}.", f"证件号码有误：{reason.zh}。")
    return Text("The ID number is not right.", "证件号码有误，请对照证件检查。")
