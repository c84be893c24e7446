"""Writes notes about an attempt, and marks suspicions in its recordings, for people to judge later."""

from __future__ import annotations

from datetime import datetime

from oneseat.room.refusals.invigilation import ActIncomplete, MarkTimeWrong
from oneseat.room.rules import commitments
from oneseat.room.rules.clauses import CLAUSES, OTHER, is_within
from oneseat.room.staff.acts import act_on
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.room import marks, notes
from oneseat.state.room.marks import NewMark
from oneseat.state.room.notes import Note
from signing.text import Text, printable

MOST_WORDS = 500
_NO_WORDS = Text("there are no words", "没有填写文字")
_NO_CLAUSE = Text("no clause was chosen", "没有选择情形")
_NO_MARK = Text(
    "the mark was withdrawn already, or is another attempt's", "这条标记已撤回，或不属于本考试记录"
)


def write_note(visit: StaffVisit, attempt_id: str, words: str) -> None:
    """Write a note.

    Raises:
        AttemptUnknown: there is no such attempt.
        ActIncomplete: it has no words.
    """
    kept = clean(words)
    if not kept:
        raise ActIncomplete(reason=_NO_WORDS)
    with act_on(visit, attempt_id, "room.note-written") as act:
        new = Note(act.exam, act.attempt.id, visit.now, act.operator, kept)
        act.commit(commitments.NOTE, notes.add(act.connection, new))
        act.note("note-written")


def mark(
    visit: StaffVisit, attempt_id: str, clause: str, begins: datetime, ends: datetime, note: str
) -> None:
    """Mark a suspicion. Nothing follows from it for the candidate.

    Raises:
        AttemptUnknown: there is no such attempt.
        ActIncomplete: the clause is none of the list, or it is "other" without a note.
        MarkTimeWrong: it does not lie between the candidate's coming and now.
    """
    kept = clean(note)
    if clause not in CLAUSES:
        raise ActIncomplete(reason=_NO_CLAUSE)
    if clause == OTHER and not kept:
        raise ActIncomplete(reason=_NO_WORDS)
    with act_on(visit, attempt_id, "room.marked", clause=clause) as act:
        attempt = act.attempt
        if not is_within(begins, ends, attempt.created_at.replace(microsecond=0), visit.now):
            raise MarkTimeWrong
        new = NewMark(act.exam, attempt.id, visit.now, act.operator, clause, begins, ends, kept)
        number = marks.add(act.connection, new)
        act.commit(commitments.MARK, number)
        act.note("marked", mark=number, clause=clause)


def withdraw(visit: StaffVisit, attempt_id: str, number: int) -> None:
    """Withdraw a mark. It stays in the record, with who withdrew it.

    Raises:
        AttemptUnknown: there is no such attempt.
        ActIncomplete: there is no such mark, or it was withdrawn.
    """
    with act_on(visit, attempt_id, "room.mark-withdrawn", mark=number) as act:
        if not marks.withdraw(act.connection, act.attempt.id, number, visit.now, act.operator):
            raise ActIncomplete(reason=_NO_MARK)
        act.commit(commitments.MARK_WITHDRAWN, number)
        act.note("mark-withdrawn", mark=number)


def clean(words: str) -> str:
    """Words of a form as they are kept: without control characters, and not too long."""
    return printable(words.replace("\r\n", "\n").strip(), keep="\n\u3000")[:MOST_WORDS]
