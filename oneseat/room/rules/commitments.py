"""Commits the audit log to what people write about an attempt: each act's entry has a digest of its record.

The log outlives the records, and more people read it, so it holds none of their words. A digest covers a
random salt that is kept with the record and erased with it: words cannot be confirmed by guessing them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from signing.jws import canonical_json
from signing.text import Text

RECORD = "record"
"""The fact of an entry that has the digest. Entries from before have none."""
_DOMAIN = b"oneseat/record/v1/"
_SALT = "salt"


@dataclass(frozen=True)
class Written:
    """What one act writes into one table.

    ``at`` and ``by`` are the columns of its time and author, ``covered`` the columns that the digest covers
    besides. ``stated`` are the facts that the entry itself says, with their columns. ``only`` names a column
    and the value of the rows that this act has written, where a column tells them apart. ``of`` is the column
    of what it is written about: ``attempt``, or ``jti`` where it is about the seat and all its attempts.
    """

    act: str
    about: Text
    table: str
    covered: tuple[str, ...]
    stated: Mapping[str, str] = field(default_factory=dict)
    at: str = "at"
    by: str = "operator"
    only: tuple[str, str] | None = None
    of: str = "attempt"

    @property
    def is_of_seat(self) -> bool:
        """Whether the record is a seat's: exports of each attempt of the seat have it."""
        return self.of == "jti"

    def wrote(self, row: Mapping[str, object]) -> bool:
        """Whether a row has a record of this act: the later acts on a row may not have happened."""
        return row[self.at] is not None and (self.only is None or row[self.only[0]] == self.only[1])

    def predates_salts(self, row: Mapping[str, object]) -> bool:
        """Whether a seat's record was exported before such records had salts: NULL is a value as well.

        Such an export has the entry with one of the seat's attempts alone.
        """
        return self.is_of_seat and _SALT not in row

    def digest(self, row: Mapping[str, object]) -> str:
        """The digest of a row's record, in hexadecimal. ``row`` has its values as exports have them."""
        names = (self.of, self.at, self.by, *self.covered, _SALT)
        record = {"act": self.act, **{name: row.get(name) for name in names}}
        return hashlib.sha256(_DOMAIN + canonical_json(record)).hexdigest()


NOTE = Written("room.note-written", Text("a note", "监考记录"), "room_notes", ("words",))
MARK = Written(
    "room.marked",
    Text("a mark of a suspicion", "疑似违纪标记"),
    "room_marks",
    ("id", "clause", "begins_at", "ends_at", "note"),
    {"clause": "clause"},
)
MARK_WITHDRAWN = Written(
    "room.mark-withdrawn",
    Text("the withdrawal of a mark", "疑似违纪标记的撤回"),
    "room_marks",
    ("id",),
    {"mark": "id"},
    "withdrawn_at",
    "withdrawn_by",
)
REMINDER = Written(
    "room.reminder-sent",
    Text("a reminder", "监考提醒"),
    "room_reminders",
    ("id", "code", "words"),
    {"code": "code"},
)
END_REQUESTED = Written(
    "room.end-requested",
    Text("a request to end the attempt", "终止考试的申请"),
    "room_endings",
    ("id", "reason", "note"),
    {"why": "reason"},
    "requested_at",
    "requested_by",
)
ENDED = Written(
    "room.ended",
    Text("the attempt's ending", "终止考试的确认"),
    "room_endings",
    ("id", "outcome"),
    at="decided_at",
    by="decided_by",
    only=("outcome", "confirmed"),
)
END_DECLINED = Written(
    "room.end-declined",
    Text("the refusal to end the attempt", "终止考试申请的驳回"),
    "room_endings",
    ("id", "outcome"),
    at="decided_at",
    by="decided_by",
    only=("outcome", "declined"),
)
REOPENED = Written(
    "room.reopened",
    Text("the attempt's reopening", "考试的重新开放"),
    "room_endings",
    ("id", "reopening", "receipt"),
    at="reopened_at",
    by="reopened_by",
)
REVIEW = Written(
    "room.reviewed", Text("a review", "考后复核"), "room_reviews", ("finding", "note"), {"finding": "finding"}
)
JUDGEMENT = Written(
    "room.judgement",
    Text("a step of a judgement", "认定的步骤"),
    "room_judgement_steps",
    ("judgement", "stage", "outcome", "clause", "evidence", "words"),
    {"judgement": "judgement", "stage": "stage", "outcome": "outcome"},
)
IDENTITY_DECIDED = Written(
    "room.identity-decided",
    Text("a decision on the identity", "人证核验结论"),
    "room_identity_decisions",
    ("outcome", "reason", "note"),
    {"outcome": "outcome", "reason": "reason"},
)
PERSONAL_REQUEST = Written(
    "room.personal-request",
    Text("a request about personal data", "个人信息请求"),
    "room_personal_requests",
    ("id", "kind", "due_at", "words"),
    {"kind": "kind"},
    at="received_at",
    of="jti",
)
PERSONAL_ANSWER = Written(
    "room.personal-answer",
    Text("the answer to a request about personal data", "个人信息请求的答复"),
    "room_personal_requests",
    ("id", "outcome", "answer"),
    {"request": "id", "outcome": "outcome"},
    at="answered_at",
    by="answered_by",
    of="jti",
)
ALL = (
    NOTE,
    MARK,
    MARK_WITHDRAWN,
    REMINDER,
    END_REQUESTED,
    ENDED,
    END_DECLINED,
    REOPENED,
    REVIEW,
    JUDGEMENT,
    IDENTITY_DECIDED,
    PERSONAL_REQUEST,
    PERSONAL_ANSWER,
)
OF_SEAT = frozenset(written.act for written in ALL if written.is_of_seat)
"""The acts whose records are a seat's. Exports of each of its attempts have their entries."""
