"""Compares what is recorded twice of an attempt, so that rows changed before an export are found too.

The manifest's signature covers what was exported. Whoever changed the database before has to change two
records alike: a row and the event about it, a decision and its entry in the audit log, a chain and its head.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from oneseat.room.evidence import looks, tree
from oneseat.room.evidence.receipt_check import Evidenced, rows
from oneseat.room.refusals.evidence import EvidenceError, LogBrokenBefore, LookAltered, RecordsDisagree
from oneseat.state.tables.retention import IDENTITY, REQUESTS
from signing import guard_events
from signing.text import Text

Found = Iterator[tuple[str, EvidenceError]]
Row = dict[str, Any]

_CONSENT = Text("the consent", "考生同意告知")
_HAND_IN = Text("the hand-in", "交卷")
_ANSWERS = Text("the last answer", "最后一次作答")
_MONITORING = Text("the monitoring", "考试监测")
_PERMISSIONS = Text("permissions", "许可")
_HELP = Text("requests for help", "求助")
_IDENTITY = Text("decisions on the identity", "人证核验结论")
_REVIEWS = Text("reviews and judgements", "复核和认定")
_DECIDED, _REVIEWED, _JUDGED = "room.identity-decided", "room.reviewed", "room.judgement"


def faults(evidenced: Evidenced) -> Found:
    """Yield where two records of one thing do not agree; files known to be changed are passed over."""
    about = _Records(evidenced)
    yield from _faults_of_looks(about)
    for check in (_consent, _hand_in, _answers, _monitoring, _permissions, _help, _decisions, _found):
        yield from check(about)


@dataclass(frozen=True)
class _Records:
    """The rows of an exported attempt. ``usable`` says which files are as the manifest has them."""

    evidenced: Evidenced

    @cached_property
    def attempt(self) -> Row:
        return next(iter(self.of("room_attempts")), {})

    @cached_property
    def events(self) -> list[Row]:
        found = [row for row in self.of("room_events") if row["source"] == "room"]
        return [{**row, "facts": json.loads(row["facts"])} for row in found]

    @cached_property
    def looks(self) -> list[Row]:
        return list(rows(self.evidenced.folder / looks.FILE))

    @cached_property
    def erased(self) -> set[str]:
        """The retention classes of which a purge has erased the rows."""
        return {row["retention"] for row in self.of("room_erasures")}

    def of(self, table: str) -> list[Row]:
        return list(rows(self.evidenced.folder / _path(table)))

    def usable(self, *tables: str) -> bool:
        """Whether none of these tables' files is known to be changed, and there is an attempt to compare."""
        wanted = {_path(table) for table in (*tables, "room_attempts", "room_events", "room_erasures")}
        return self.evidenced.altered.isdisjoint(wanted) and bool(self.attempt)

    def noted(self, code: str) -> list[Row]:
        return [event for event in self.events if event["code"] == code]


def _path(table: str) -> str:
    return f"{tree.ROWS}/{table}.jsonl"


def _faults_of_looks(about: _Records) -> Found:
    log = about.evidenced.manifest.get("audit")
    if log is None:  # exported before looks were
        return
    if log["broken_at"] is not None:
        yield looks.FILE, LogBrokenBefore(entry=log["broken_at"])
    if looks.FILE not in about.evidenced.altered:
        for place, row in enumerate(about.looks, start=1):
            if not looks.is_sound(row):
                yield looks.FILE, LookAltered(place=place)


def _consent(about: _Records) -> Found:
    if not about.usable():
        return
    given = [about.attempt["consent_at"]] if about.attempt["consent_at"] else []
    stated = about.evidenced.manifest["consent"] or {}
    own = (about.attempt["consent_at"], about.attempt["consent_version"])
    is_stated = not given or own == (stated.get("at"), stated.get("version"))
    if given != [event["at"] for event in about.noted("consented")] or not is_stated:
        yield _path("room_attempts"), RecordsDisagree(about=_CONSENT)


def _hand_in(about: _Records) -> Found:
    """The last hand-in is the attempt's; one that was opened again may have earlier ones, or none left."""
    if not about.usable("room_endings"):
        return
    given, noted = about.attempt["handed_in_at"], [event["at"] for event in about.noted("handed-in")]
    reopened = sum(bool(row["reopened_at"]) for row in about.of("room_endings"))
    if len(noted) - reopened != bool(given) or (given and noted[-1] != given):
        yield _path("room_attempts"), RecordsDisagree(about=_HAND_IN)


def _answers(about: _Records) -> Found:
    if not about.usable("room_answers"):
        return
    last = [row["hash"] for row in about.of("room_answers")][-1:]
    if last != ([about.attempt["answers_head"]] if about.attempt["answers_head"] else []):
        yield _path("room_answers"), RecordsDisagree(about=_ANSWERS)


def _monitoring(about: _Records) -> Found:
    """The chain of the client's events: its links, but where the room noted a gap, and its head."""
    if not about.usable("room_guard_events"):
        return
    known = about.of("room_guard_events")
    gaps = {event["facts"].get("sequence") for event in about.noted("guard-gap")}
    before = guard_events.genesis(about.evidenced.attempt)
    for row in known:
        if _previous(row) != before and row["sequence"] not in gaps:
            yield _path("room_guard_events"), RecordsDisagree(about=_MONITORING)
            return
        before = row["hash"]
    head = about.attempt["guard_head"]
    if head != (before if known else None) and not about.noted("guard-full"):
        yield _path("room_guard_events"), RecordsDisagree(about=_MONITORING)


def _previous(row: Row) -> object:
    """What an event names as the one before it; None where it is no event."""
    try:
        return json.loads(row["event"])["previous"]
    except (KeyError, TypeError, ValueError):
        return None


def _permissions(about: _Records) -> Found:
    """Each permission has an event of its begin, and each that was ended early one of its end."""
    if not about.usable("room_permissions"):
        return
    held = about.of("room_permissions")
    begun = Counter((row["opener"], row["reason"], row["begins_at"]) for row in held)
    opened = Counter((*_of_permission(event), event["at"]) for event in about.noted("permission-opened"))
    ended = {(row["opener"], row["reason"], row["ended_by"]) for row in held if row["ended_by"]}
    noted = {(*_of_permission(event), event["facts"].get("by")) for event in about.noted("permission-ended")}
    if begun != opened or not ended <= noted:
        yield _path("room_permissions"), RecordsDisagree(about=_PERMISSIONS)


def _of_permission(event: Row) -> tuple[object, object]:
    return event["facts"].get("opener"), event["facts"].get("reason")


def _help(about: _Records) -> Found:
    if REQUESTS in about.erased or not about.usable("room_help_requests"):
        return
    made = Counter(row["reason"] for row in about.of("room_help_requests"))
    noted = [*about.noted("help-asked"), *about.noted("help-elsewhere")]
    if made != Counter(event["facts"].get("reason") for event in noted):
        yield _path("room_help_requests"), RecordsDisagree(about=_HELP)


def _decisions(about: _Records) -> Found:
    """Each decision has its entry in the audit log, and each such entry its decision."""
    altered, manifest = about.evidenced.altered, about.evidenced.manifest
    if "audit" not in manifest or looks.FILE in altered or IDENTITY in about.erased:
        return
    if not about.usable("room_identity_decisions"):
        return
    decisions = about.of("room_identity_decisions")
    made = Counter((*_signature(row), row["outcome"], row["reason"]) for row in decisions)
    if made != Counter(_noted(about.looks, _DECIDED, "outcome", "reason")):
        yield _path("room_identity_decisions"), RecordsDisagree(about=_IDENTITY)


def _found(about: _Records) -> Found:
    """Each review and each step of a judgement has its entry in the audit log, and the other way round."""
    altered, manifest = about.evidenced.altered, about.evidenced.manifest
    if "audit" not in manifest or looks.FILE in altered:
        return
    if not about.usable("room_reviews", "room_judgement_steps"):
        return
    reviewed = [(*_signature(row), row["finding"]) for row in about.of("room_reviews")]
    steps = about.of("room_judgement_steps")
    judged = [(*_signature(row), row["judgement"], row["stage"], row["outcome"]) for row in steps]
    if Counter(reviewed) != Counter(_noted(about.looks, _REVIEWED, "finding")):
        yield _path("room_reviews"), RecordsDisagree(about=_REVIEWS)
    if Counter(judged) != Counter(_noted(about.looks, _JUDGED, "judgement", "stage", "outcome")):
        yield _path("room_judgement_steps"), RecordsDisagree(about=_REVIEWS)


def _signature(row: Row) -> tuple[object, object]:
    return row["at"], f"operator:{row['operator']}"


def _noted(entries: Sequence[Row], act: str, *names: str) -> Iterator[tuple[object, ...]]:
    """Time, actor and these facts of the entries of an act."""
    for entry in entries:
        if entry["act"] == act:
            facts = json.loads(entry["facts"])
            yield entry["at"], entry["actor"], *(facts.get(name) for name in names)
