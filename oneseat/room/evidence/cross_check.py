"""Compares what is recorded twice of an attempt, so that rows changed before an export are found too.

The manifest's signature covers what was exported. Whoever changed the database before has to change two
records alike: a row and the event about it, or a chain and its head.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from oneseat.room.evidence import looks
from oneseat.room.evidence.attempt_rows import AttemptRows, Row, path_of
from oneseat.room.refusals.evidence import EvidenceError, LogBrokenBefore, LookAltered, RecordsDisagree
from oneseat.state.tables.retention import REQUESTS
from signing import guard_events
from signing.text import Text

Found = Iterator[tuple[str, EvidenceError]]

_CONSENT = Text("the consent", "考生同意告知")
_HAND_IN = Text("the hand-in", "交卷")
_ANSWERS = Text("the last answer", "最后一次作答")
_MONITORING = Text("the monitoring", "考试监测")
_PERMISSIONS = Text("permissions", "许可")
_HELP = Text("requests for help", "求助")
_REMINDERS = Text("reminders and their reading", "监考提醒的显示和阅读")


def faults(about: AttemptRows) -> Found:
    """Yield where two records of one thing do not agree; files known to be changed are passed over."""
    yield from _faults_of_looks(about)
    for check in (_consent, _hand_in, _answers, _monitoring, _permissions, _reminders, _help):
        yield from check(about)


def _faults_of_looks(about: AttemptRows) -> Found:
    log = about.evidenced.manifest.get("audit")
    if log is None:  # exported before looks were
        return
    if log["broken_at"] is not None:
        yield looks.FILE, LogBrokenBefore(entry=log["broken_at"])
    if looks.FILE not in about.evidenced.altered:
        for place, row in enumerate(about.looks, start=1):
            if not looks.is_sound(row):
                yield looks.FILE, LookAltered(place=place)


def _consent(about: AttemptRows) -> Found:
    if not about.usable():
        return
    given = [about.attempt["consent_at"]] if about.attempt["consent_at"] else []
    stated = about.evidenced.manifest["consent"] or {}
    own = (about.attempt["consent_at"], about.attempt["consent_version"])
    is_stated = not given or own == (stated.get("at"), stated.get("version"))
    if given != [event["at"] for event in about.noted("consented")] or not is_stated:
        yield path_of("room_attempts"), RecordsDisagree(about=_CONSENT)


def _hand_in(about: AttemptRows) -> Found:
    """The last hand-in is the attempt's; one that was opened again may have earlier ones, or none left."""
    if not about.usable("room_endings"):
        return
    given, noted = about.attempt["handed_in_at"], [event["at"] for event in about.noted("handed-in")]
    reopened = sum(bool(row["reopened_at"]) for row in about.of("room_endings"))
    if len(noted) - reopened != bool(given) or (given and noted[-1] != given):
        yield path_of("room_attempts"), RecordsDisagree(about=_HAND_IN)


def _answers(about: AttemptRows) -> Found:
    if not about.usable("room_answers"):
        return
    last = [row["hash"] for row in about.of("room_answers")][-1:]
    if last != ([about.attempt["answers_head"]] if about.attempt["answers_head"] else []):
        yield path_of("room_answers"), RecordsDisagree(about=_ANSWERS)


def _monitoring(about: AttemptRows) -> Found:
    """The chain of the client's events: its links, but where the room noted a gap, and its head."""
    if not about.usable("room_guard_events"):
        return
    known = about.of("room_guard_events")
    gaps = {event["facts"].get("sequence") for event in about.noted("guard-gap")}
    before = guard_events.genesis(about.evidenced.attempt)
    for row in known:
        if _previous(row) != before and row["sequence"] not in gaps:
            yield path_of("room_guard_events"), RecordsDisagree(about=_MONITORING)
            return
        before = row["hash"]
    head = about.attempt["guard_head"]
    if head != (before if known else None) and not about.noted("guard-full"):
        yield path_of("room_guard_events"), RecordsDisagree(about=_MONITORING)


def _previous(row: Row) -> object:
    """What an event names as the one before it; None where it is no event."""
    try:
        return json.loads(row["event"])["previous"]
    except (KeyError, TypeError, ValueError):
        return None


def _permissions(about: AttemptRows) -> Found:
    """Each permission has an event of its begin, and each that was ended early one of its end."""
    if not about.usable("room_permissions"):
        return
    held = about.of("room_permissions")
    begun = Counter((row["opener"], row["reason"], row["begins_at"]) for row in held)
    opened = Counter((*_of_permission(event), event["at"]) for event in about.noted("permission-opened"))
    ended = {(row["opener"], row["reason"], row["ended_by"]) for row in held if row["ended_by"]}
    noted = {(*_of_permission(event), event["facts"].get("by")) for event in about.noted("permission-ended")}
    if begun != opened or not ended <= noted:
        yield path_of("room_permissions"), RecordsDisagree(about=_PERMISSIONS)


def _of_permission(event: Row) -> tuple[object, object]:
    return event["facts"].get("opener"), event["facts"].get("reason")


def _reminders(about: AttemptRows) -> Found:
    """When the candidate's page showed a reminder, and when it was read, are events too."""
    if not about.usable("room_reminders"):
        return
    for column, code in (("shown_at", "reminder-shown"), ("read_at", "reminder-read")):
        kept = {(row["id"], row[column]) for row in about.of("room_reminders") if row[column]}
        if kept != {(event["facts"].get("reminder"), event["at"]) for event in about.noted(code)}:
            yield path_of("room_reminders"), RecordsDisagree(about=_REMINDERS)
            return


def _help(about: AttemptRows) -> Found:
    if REQUESTS in about.erased or not about.usable("room_help_requests"):
        return
    made = Counter(row["reason"] for row in about.of("room_help_requests"))
    noted = [*about.noted("help-asked"), *about.noted("help-elsewhere")]
    if made != Counter(event["facts"].get("reason") for event in noted):
        yield path_of("room_help_requests"), RecordsDisagree(about=_HELP)
