"""Exports what is kept of the demonstration's interview, verifies it, and plays its joined files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oneseat.demo.errors import RecordingIncomplete
from oneseat.pipeline.project import Project
from oneseat.room.evidence import export, seats, tree, verify
from oneseat.room.evidence.attempt_folder import Approval, Purpose
from oneseat.room.evidence.export import Order
from oneseat.room.exam.kept_room import KeptRoomSettings, open_kept_room
from signing.clock import Clock
from signing.text import Text, verbatim

APPROVED_BY = ("first name", "second name")
"""Two names, which an export with screens needs as long as the paper is used."""


@dataclass(frozen=True)
class HandedOver:
    """A verified export: its folder, files and bytes, and how long its joined files play (seconds)."""

    folder: Path
    files: int
    size: int
    played_s: float


def hand_over(project: Project, jti: str, folder: Path, clock: Clock) -> HandedOver:
    """Export all attempts of a seat into a new folder, verify it, and decode its joined files.

    Raises:
        RecordingIncomplete: the export does not verify, or a joined file does not play to its end.
        ExportTargetTaken, ExportUnwritable: it cannot be written.
    """
    settings = KeptRoomSettings(
        exam=project.exam.id,
        keys=project.workspace.room_keys,
        passphrase=project.passphrase,
        root_public_key=project.root_key,
        state=project.state_url,
        store=str(project.workspace.recordings),
    )
    with open_kept_room(settings) as room:
        with room.database.reading() as connection:
            attempts = seats.find(connection, room.exam, jti).attempts
        order = Order(attempts, Purpose(Approval(approved_by=APPROVED_BY)), jti=jti)
        exported = export.export(room, order, folder, clock, lambda _: None)
        checked = verify.verify(folder, verify.Trust(room.root_public_key))
    if checked.findings:
        raise RecordingIncomplete(what=verbatim(checked.findings[0].error.code))
    played = sum(play(path) for path in sorted(folder.glob(f"*/{tree.JOINED}/*")))
    if not played or checked.faults_at_export:
        raise RecordingIncomplete(what=Text("nothing plays", "没有可播放的录像"))
    # To the millisecond: the tail of a sum, as in 67.67100000000001, reads like an admission number.
    return HandedOver(folder, checked.files, exported.recorded_bytes, round(played, 3))


def play(path: Path) -> float:
    """Decode a file to its end; return how long it plays (seconds).

    Raises:
        RecordingIncomplete: it cannot be decoded.
    """
    import av

    end = 0.0
    try:
        with av.open(str(path)) as container:
            for frame in container.decode():
                end = max(end, getattr(frame, "time", None) or 0.0)
    except av.FFmpegError:
        raise RecordingIncomplete(what=verbatim(path.suffix)) from None
    return end
