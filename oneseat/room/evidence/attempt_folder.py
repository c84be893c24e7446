"""Writes one attempt's folder: rows, recordings, joined copies, receipt, key history, signed manifest."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from oneseat import __version__
from oneseat.room.evidence import given_orders, joining, looks, provenance, tree
from oneseat.room.evidence.looks import LogState
from oneseat.room.evidence.tree import TreeWriter
from oneseat.room.exam.kept_room import KeptRoom
from oneseat.room.rules import gaps
from oneseat.room.rules.gaps import Gap, Happened, MissingSegments, Span
from oneseat.room.rules.plain_values import plain, plain_moment
from oneseat.room.rules.segments import COMPUTER_STREAMS, SegmentName
from oneseat.state.publishing import orders
from oneseat.state.publishing.charters import CharterInForce
from oneseat.state.room import attempts, events, kept, takes, watches
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.kept import KeptAttempt
from oneseat.state.room.takes import Take
from oneseat.state.tables import retention
from oneseat.state.tables.room_groups import RoomWatchRow
from oneseat.store.errors import ObjectAbsent
from signing.authority.evidence import Evidence, root_of
from signing.authority.signer import sign_token
from signing.jws import canonical_json
from signing.tokens import VERSION

SCREEN = "screen"
_AMONG_STAFF = frozenset({"room_reviews", "room_marks", "room_notes", "room_watches"})
"""Tables of what people noted among themselves, which a copy for the person has not."""
OnBytes = Callable[[int], None]


@dataclass(frozen=True)
class Approval:
    """Why an export is made for others, and who approved it. ``case`` is empty without one."""

    case: str = ""
    approved_by: tuple[str, ...] = ()

    def as_object(self) -> dict[str, object]:
        """As manifests and indexes have it."""
        return {"case": self.case or None, "approved_by": list(self.approved_by)}


@dataclass(frozen=True)
class Purpose:
    """What an export holds, and who approved it."""

    approval: Approval = field(default_factory=Approval)
    without: tuple[str, ...] = ()
    """Streams that are left out."""
    for_person: bool = False
    """Whether it is a copy for the person: without who looked, and what people noted among themselves."""


@dataclass
class _Recorded:
    """What the recordings came to."""

    streams: list[dict[str, object]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    missing: list[MissingSegments] = field(default_factory=list)
    faults: list[dict[str, object]] = field(default_factory=list)


def write_attempt(  # noqa: PLR0917 -- what it is of, where it goes, and what it says
    room: KeptRoom,
    kept_attempt: KeptAttempt,
    folder: Path,
    purpose: Purpose,
    log: LogState,
    now: datetime,
    on_bytes: OnBytes,
) -> Evidence:
    """Write an attempt into a new folder; return what was signed. ``log`` is the audit log's state.

    The rows are of one moment. Segments are read from the store and hashed on the way: one that is not what
    its name says is exported as it is, and named as a fault.

    Raises:
        OSError: the folder cannot be written.
        StoreUnavailable, StateUnavailable: they failed.
    """
    writer = TreeWriter(folder)
    folder.mkdir(mode=0o700, parents=True)
    with room.database.snapshot() as connection:
        _write_rows(connection, writer, kept_attempt, room.exam, purpose)
        published = room.history(connection)
        charters = _write_charters(writer, published)
        given = orders.tokens(connection, room.exam)
        moved = given_orders.write(writer, [*room.verified(published)], given, kept_attempt.jti)
        if not purpose.for_person:
            writer.write(looks.FILE, looks.lines(connection, room.exam, kept_attempt))
        attempt = attempts.find(connection, room.exam, kept_attempt.id)
        recorded_takes = takes.list_of(connection, kept_attempt.id)
        happened = events.list_of(connection, room.exam, kept_attempt.id)
        versions = attempt and provenance.versions(connection, attempt, happened, published)
        clocks = provenance.clocks(connection, kept_attempt.id)
    if attempt is not None and attempt.receipt is not None:
        writer.write(tree.RECEIPT, [attempt.receipt.encode()])
    wanted = [take for take in recorded_takes if take.stream not in purpose.without]
    recorded = _write_recordings(room, writer, wanted, on_bytes)
    manifest = {
        "format": tree.MANIFEST_FORMAT,
        "made_at": plain_moment(now),
        "made_with": _software(),
        "exam": room.exam,
        "attempt": kept_attempt.id,
        "seat": kept_attempt.jti,
        "kind": kept_attempt.kind,
        "session": kept_attempt.session,
        "ordinal": kept_attempt.ordinal,
        "charters": charters,
        "orders": moved,
        "versions": versions,
        "clocks": clocks,
        **({"for_person": True} if purpose.for_person else {"audit": log.as_object()}),
        "consent": _consent(attempt),
        "streams": recorded.streams,
        "gaps": [*_gaps(attempt, recorded, wanted, happened, purpose)],
        "missing": [asdict(missing) for missing in recorded.missing],
        "faults": recorded.faults,
        "left_out": sorted(purpose.without),
        "approval": purpose.approval.as_object(),
        "files": [asdict(file) for file in sorted(writer.files, key=lambda file: file.path)],
    }
    return _seal(room, writer, kept_attempt.id, tree.document(manifest), now)


def sign_tree(
    room: KeptRoom, attempt: str, files: Iterable[Any], document: bytes, now: datetime
) -> tuple[Evidence, bytes]:
    """Sign a manifest or an index with the room's receipt key."""
    listed = list(files)
    evidence = Evidence(
        exam=room.exam,
        attempt=attempt,
        at=int(now.timestamp()),
        root=root_of(listed),
        files=len(listed),
        manifest=hashlib.sha256(document).hexdigest(),
        v=VERSION,
    )
    return evidence, sign_token(room.signer, Evidence.TYP, evidence.claims()).encode()


def _seal(room: KeptRoom, writer: TreeWriter, attempt: str, manifest: bytes, now: datetime) -> Evidence:
    evidence, token = sign_tree(room, attempt, writer.files, manifest, now)
    writer.write_unlisted(tree.MANIFEST, manifest)
    writer.write_unlisted(tree.MANIFEST_TOKEN, token)
    return evidence


def _write_rows(
    connection: Connection, writer: TreeWriter, attempt: KeptAttempt, exam: str, purpose: Purpose
) -> None:
    """Write a file of JSON lines for each room table that has rows of the attempt."""
    left_out = _AMONG_STAFF if purpose.for_person else frozenset[str]()
    for table in (table for table in retention.room_tables() if table.name not in left_out):
        rows = kept.rows_of(connection, table, attempt, exam)
        first = next(rows, None)
        if first is not None:
            names = [column.name for column in retention.exported_columns(table)]
            writer.write(f"{tree.ROWS}/{table.name}.jsonl", _lines(names, first, rows))
    if not purpose.for_person:
        _write_watches(connection, writer, attempt)


def _write_watches(connection: Connection, writer: TreeWriter, attempt: KeptAttempt) -> None:
    """Write who watched the attempt's group, from its beginning to its end. These rows name no attempt."""
    watched = watches.rows_beside(connection, attempt.id, attempt.created_at, attempt.ends_at)
    if watched:
        lines = (canonical_json({name: plain(row[name]) for name in row}) + b"\n" for row in watched)
        writer.write(f"{tree.ROWS}/{RoomWatchRow.__tablename__}.jsonl", lines)


def _lines(names: list[str], first: Any, rows: Iterable[Any]) -> Iterator[bytes]:  # noqa: ANN401 -- rows
    yield canonical_json(dict(zip(names, map(plain, first), strict=True))) + b"\n"
    for row in rows:
        yield canonical_json(dict(zip(names, map(plain, row), strict=True))) + b"\n"


def _write_charters(writer: TreeWriter, published: list[CharterInForce]) -> list[dict[str, object]]:
    """Write every charter that was published: they list the keys of all times, and the exam's rules."""
    listed = []
    for charter in reversed(published):
        file = writer.write(f"{tree.CHARTERS}/{charter.version:06d}.jws", [charter.token.encode()])
        at = plain_moment(charter.published_at)
        listed.append({"version": charter.version, "published_at": at, "sha256": file.sha256})
    return listed


def _consent(attempt: Attempt | None) -> dict[str, object] | None:
    if attempt is None or attempt.consent_at is None:
        return None
    at, version = plain_moment(attempt.consent_at), attempt.consent_version
    return {"at": at, "version": version, "face": attempt.consent_face}


def _write_recordings(
    room: KeptRoom, writer: TreeWriter, recorded_takes: list[Take], on_bytes: OnBytes
) -> _Recorded:
    recorded = _Recorded()
    for take in recorded_takes:
        whole = _write_segments(room, writer, take, recorded, on_bytes)
        stem = f"{take.stream}-{take.take}"
        joined = joining.join((writer.folder / path for path in whole), writer.folder / tree.JOINED, stem)
        files = [writer.take_in(f"{tree.JOINED}/{name}").path for name in joined.files]
        recorded.faults += [
            {"fault": "unreadable", "take": take.take, "segment": name} for name in joined.unreadable
        ]
        seconds = round(joined.seconds, 3)
        recorded.spans.append(
            Span(take.stream, take.take, take.began_at, take.began_at + timedelta(seconds=seconds))
        )
        recorded.streams.append(
            {
                "stream": take.stream,
                "take": take.take,
                "media_type": take.mime,
                "began_at": plain_moment(take.began_at),
                "segments": len(whole),
                "promised": take.promised,
                "announced": take.announced,
                "joined": files,
                "joined_ms": round(seconds * 1000),
            }
        )
    return recorded


def _write_segments(
    room: KeptRoom, writer: TreeWriter, take: Take, recorded: _Recorded, on_bytes: OnBytes
) -> list[str]:
    """Write a take's segments; return the paths of those that are what their names say."""
    whole, absent = [], defaultdict(list)
    for number in range(max(take.promised or 0, take.announced)):
        name = SegmentName.of(take, number)
        if name is None:
            absent[gaps.NEVER_STORED].append(number)
            continue
        path = f"{tree.SEGMENTS}/{take.stream}/{take.take}/{str(name).rpartition('/')[2]}"
        try:
            file = writer.write(path, room.segments.read(str(name)))
        except ObjectAbsent:
            writer.discard(path)
            absent[gaps.GONE if take.is_stored(number) else gaps.NEVER_STORED].append(number)
            continue
        on_bytes(file.size)
        if file.sha256 == name.sha256.hex():
            whole.append(path)
        else:
            absent[gaps.DIFFERS].append(number)
            recorded.faults.append(
                {"fault": "differs", "take": take.take, "segment": path.rpartition("/")[2]}
            )
    recorded.missing += [
        MissingSegments(take.stream, take.take, tuple(numbers), cause)
        for cause, numbers in sorted(absent.items())
    ]
    return whole


def _gaps(
    attempt: Attempt | None,
    recorded: _Recorded,
    wanted: list[Take],
    happened: list[RoomEvent],
    purpose: Purpose,
) -> Iterator[dict[str, object]]:
    """Yield the times without a recording, from the end of the device step to the attempt's end."""
    if attempt is None or attempt.devices_at is None or attempt.ends_at is None:
        return
    streams = {*COMPUTER_STREAMS, *(take.stream for take in wanted)} - set(purpose.without)
    known = [Happened(event.at, event.code, _cause_in(event)) for event in happened]
    for gap in gaps.find(streams, recorded.spans, known, attempt.devices_at, attempt.ends_at):
        yield _gap_object(gap)


def _gap_object(gap: Gap) -> dict[str, object]:
    return {
        "stream": gap.stream,
        "begins": plain_moment(gap.begins),
        "ends": plain_moment(gap.ends),
        "ms": round(gap.seconds * 1000),
        "cause": gap.cause,
        "events": list(gap.events),
    }


def _cause_in(event: RoomEvent) -> str | None:
    """What an event says of a cause: the fact of that name, else its own code if page or client saw it."""
    cause = event.facts.get("cause")
    if isinstance(cause, str):
        return cause
    return None if event.source == "room" else event.code


def _software() -> dict[str, str]:
    import av

    return {"oneseat": __version__, "av": av.__version__}
