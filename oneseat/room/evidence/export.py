"""Exports attempts into a folder that appears when it is whole.

The work is done in a hidden folder beside it. Each attempt there gets its name when it is finished, so a run
that was killed goes on with the next attempt. Last come the signed index and its timestamp, then the audit
log's entry, then the folder's name.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from oneseat.room.evidence import looks, timestamps, tree
from oneseat.room.evidence.attempt_folder import SCREEN, Purpose, sign_tree, write_attempt
from oneseat.room.exam.kept_room import KeptRoom
from oneseat.room.refusals.evidence import (
    ApprovalIncomplete,
    ExportTargetTaken,
    ExportUnwritable,
    NothingToExport,
    ScreensNeedApproval,
)
from oneseat.state.accounts import audit
from oneseat.state.room.kept import KeptAttempt
from signing import dates
from signing.authority.evidence import EvidenceFile
from signing.charter import Charter
from signing.clock import Clock
from signing.normal_forms import is_of_two_persons
from signing.os_faults import system_reason
from signing.session_times import FORMAL
from signing.text import Text

_LOCK, _ORDER, _WRITING = ".lock", ".order", ".writing-"


@dataclass(frozen=True)
class Progress:
    """Attempts that are exported, of how many, and the bytes of recordings so far."""

    rows: int
    total: int
    faulty: int = 0
    recorded_bytes: int = 0


@dataclass(frozen=True)
class Exported:
    """An export: its folder, attempts and bytes, the index's Merkle root, and whether it is timestamped."""

    folder: Path
    attempts: int
    recorded_bytes: int
    root: str
    timestamped: bool


@dataclass(frozen=True)
class Order:
    """What to export, and how. ``tsa`` is the URL of a timestamp authority, or None."""

    attempts: Sequence[KeptAttempt]
    purpose: Purpose = field(default_factory=Purpose)
    tsa: str | None = None
    jti: str | None = None
    """The seat's pseudonym for the audit log, where the export is of one seat."""
    session: str | None = None
    """The session's name for the audit log, such as ``formal-0``, where the export is of one session."""


def require_approval(
    order: Order, charter: Charter, now: datetime, *, latest_end: datetime | None = None
) -> None:
    """Check that an export has the approval that it needs.

    ``charter`` has the sessions as orders have moved them. ``latest_end`` is when the attempt ends that ends
    last, which extra time may move beyond its session.

    Raises:
        NothingToExport: there is no attempt.
        ApprovalIncomplete: there is a case without one seat or two names, or one name only.
        ScreensNeedApproval: a paper is still in use, and the export would hold screens without two names.
    """
    approval = order.purpose.approval
    if not order.attempts:
        raise NothingToExport
    if approval.approved_by and not is_of_two_persons(approval.approved_by):
        raise ApprovalIncomplete(reason=Text("two different names are needed", "需要两位不同的批准人"))
    if approval.case and not approval.approved_by:
        raise ApprovalIncomplete(reason=Text("nobody has approved it", "没有写明批准人"))
    if approval.case and order.jti is None:
        raise ApprovalIncomplete(reason=Text("a case concerns one seat", "一个案号只对应一名考生"))
    until = max(map(_paper_until(charter), {attempt.kind for attempt in order.attempts}))
    if any(attempt.kind == FORMAL for attempt in order.attempts):
        until = max(until, latest_end or until)
    if SCREEN not in order.purpose.without and not approval.approved_by and now < until:
        raise ScreensNeedApproval(until=dates.deadline(until))


def _paper_until(charter: Charter) -> Callable[[str], datetime]:
    """When the last session of a kind ends, after which its papers are not used any more."""
    ends = {
        True: max(session.ends for session in charter.formals),
        False: max(session.closes for session in charter.mocks),
    }
    return lambda kind: ends[kind == FORMAL]


def export(
    room: KeptRoom, order: Order, target: Path, clock: Clock, on_progress: Callable[[Progress], None]
) -> Exported:
    """Export attempts into ``target``, a folder that is not there yet.

    Raises:
        ExportTargetTaken: the folder is there, or another export to it runs.
        ExportUnwritable: it cannot be written.
        TimestampMissing: the authority gave no timestamp; a repeated run goes on from here.
        StoreUnavailable, StateUnavailable: store or database failed.
    """
    if target.exists():
        raise ExportTargetTaken(folder=target.name)
    draft = target.with_name(f".{target.name}.partial")
    try:
        with _alone_in(draft, target):
            _forget_other_order(draft, order)
            recorded_bytes = _write_attempts(room, order, draft, clock, on_progress)
            root = _write_index(room, order, draft, clock.now())
        draft.rename(target)
    except OSError as error:
        raise ExportUnwritable(folder=target.name, reason=system_reason(error)) from None
    return Exported(target, len(order.attempts), recorded_bytes, root, order.tsa is not None)


@contextmanager
def _alone_in(draft: Path, target: Path) -> Iterator[None]:
    draft.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(draft / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ExportTargetTaken(folder=target.name) from None
    try:
        yield
        for name in (_LOCK, _ORDER):
            (draft / name).unlink(missing_ok=True)
    finally:
        lock.release()


def _forget_other_order(draft: Path, order: Order) -> None:
    """Remove what an earlier run has written for another purpose, or of attempts that are not wanted now."""
    present = tree.document(
        [order.purpose.approval.as_object(), sorted(order.purpose.without), order.purpose.for_person]
    )
    noted = draft / _ORDER
    is_same = noted.exists() and noted.read_bytes() == present
    wanted = {attempt.id for attempt in order.attempts} if is_same else set()
    for folder in filter(Path.is_dir, draft.iterdir()):
        if folder.name not in wanted:
            shutil.rmtree(folder)
    noted.write_bytes(present)


def _write_attempts(
    room: KeptRoom, order: Order, draft: Path, clock: Clock, on_progress: Callable[[Progress], None]
) -> int:
    """Write the attempts that an earlier run has not finished; return the bytes of their recordings."""
    total, read = len(order.attempts), 0
    with room.database.reading() as connection:
        log = looks.check_log(connection)

    def on_bytes(size: int) -> None:
        nonlocal read
        read += size
        on_progress(Progress(done, total, recorded_bytes=read))

    for done, attempt in enumerate(order.attempts):
        finished = draft / attempt.id
        if not finished.is_dir():
            writing = draft / f"{_WRITING}{attempt.id}"
            write_attempt(room, attempt, writing, order.purpose, log, clock.now(), on_bytes)
            writing.rename(finished)
        on_progress(Progress(done + 1, total, recorded_bytes=read))
    return read


def _write_index(room: KeptRoom, order: Order, draft: Path, now: datetime) -> str:
    """Write and sign the list of attempts, have it timestamped, and note the export in the audit log."""
    listed = [_listed(draft, attempt.id) for attempt in order.attempts]
    index = tree.document(
        {
            "format": tree.INDEX_FORMAT,
            "exam": room.exam,
            "made_at": now.isoformat(timespec="seconds"),
            "attempts": [asdict(file) for file in listed],
            "left_out": sorted(order.purpose.without),
            "approval": order.purpose.approval.as_object(),
        }
    )
    evidence, token = sign_tree(room, "", listed, index, now)
    for name in (tree.INDEX, tree.INDEX_TOKEN, tree.INDEX_STAMP):
        (draft / name).unlink(missing_ok=True)
    writer = tree.TreeWriter(draft)
    writer.write(tree.INDEX, [index])
    writer.write(tree.INDEX_TOKEN, [token])
    if order.tsa is not None:
        writer.write(tree.INDEX_STAMP, [timestamps.stamp(order.tsa, token)])
    _note(room, order, evidence.root, now)
    return evidence.root


def _listed(draft: Path, attempt: str) -> EvidenceFile:
    return tree.digest_of(draft / attempt / tree.MANIFEST_TOKEN, f"{attempt}/{tree.MANIFEST_TOKEN}")


def _note(room: KeptRoom, order: Order, root: str, now: datetime) -> None:
    approval = order.purpose.approval
    facts: dict[str, audit.Fact] = {
        "attempts": len(order.attempts),
        "root": root,
        "screens": SCREEN not in order.purpose.without,
        "for_person": order.purpose.for_person,
    }
    if approval.approved_by:
        facts["approved_by"] = ", ".join(approval.approved_by)
    if approval.case:
        facts["case"] = approval.case
    facts |= {name: value for name, value in (("jti", order.jti), ("session", order.session)) if value}
    with room.database.writing() as connection:
        audit.append(connection, now, "room", "room.export", room.exam, facts)
