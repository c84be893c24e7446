"""Re-encodes and seals the pictures of a roster, one at a time, and signs the file.

Every picture is decoded before anything is refused, so that a refusal has all faults. The file appears under
its name when it is whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oneseat.files.atomic import writing
from oneseat.files.photo_file import PhotoFileWriter
from oneseat.files.pictures import PictureRefused, PictureTooDetailed, encode_anew, size_of
from oneseat.pipeline.events import OnProgress, Progress, ignore
from oneseat.pipeline.output_faults import unwritable
from oneseat.pipeline.photos import faults as fault_lists
from oneseat.pipeline.photos.errors import RoomKeyUnusable
from oneseat.pipeline.photos.faults import PhotoFault
from oneseat.pipeline.photos.matching import Roster, Seat, place_of
from oneseat.pipeline.photos.sources import MAX_FILE_BYTES, SUFFIXES, Picture, Source
from signing.authority import sealed_boxes
from signing.authority.signer import Signer
from signing.os_faults import system_reason
from signing.text import Text

LONGEST_SIDE = 640
"""Pixels of a photograph's longer side in the file: enough to compare a face."""
SHORTEST_SIDE = 100
"""Pixels of a picture's shorter side below which no face can be compared."""
MOST_PIXELS = 24_000_000
_EVERY = 100
_WRONG_KIND = Text("it is no JPEG, PNG or WebP file", "不是 JPEG、PNG 或 WebP 图片")
_TOO_LARGE = Text(f"it is larger than {MAX_FILE_BYTES >> 20} MiB", f"文件超过 {MAX_FILE_BYTES >> 20} MiB")
_TOO_DETAILED = Text(
    f"it has more than {MOST_PIXELS // 1_000_000} million pixels", f"图片超过 {MOST_PIXELS // 10_000} 万像素"
)
_TOO_SMALL = Text(
    f"its shorter side has fewer than {SHORTEST_SIDE} pixels", f"图片太小，短边不足 {SHORTEST_SIDE} 像素"
)
_UNREADABLE = Text("it cannot be decoded: the file is damaged", "图片无法打开，文件已损坏")


@dataclass(frozen=True)
class Packed:
    """A file of photographs: how many rows there are, how many have a photograph, and for which room key."""

    file: Path
    rows: int
    photos: int
    missing: int
    recipient: str


@dataclass(frozen=True)
class Order:
    """What to write where: the room's public key, the issuer's signing key, the time."""

    target: Path
    exam: str
    recipient: bytes
    signer: Signer
    at: datetime
    allow_missing: bool = False
    faults_csv: Path | None = None


class _Fault(Exception):
    def __init__(self, problem: Text) -> None:
        super().__init__(problem.en)
        self.problem = problem


def read_room_key(path: Path) -> bytes:
    """Read a room's public key.

    Raises:
        RoomKeyUnusable: the file cannot be read, or is none.
    """
    try:
        key = sealed_boxes.from_pem(path.read_bytes())
    except OSError as error:
        raise RoomKeyUnusable(file=path.name, reason=system_reason(error)) from None
    if key is None:
        raise RoomKeyUnusable(file=path.name, reason=Text("it is no such key", "文件内容不是考场公钥"))
    return key


def pack(order: Order, roster: Roster, source: Source, on_progress: OnProgress = ignore) -> Packed:
    """Write the file.

    Raises:
        PhotosFaulty: rows or pictures have faults; all of them were found, and nothing was written.
        OutputUnwritable: the file, or the list of faults, cannot be written.
    """
    try:
        order.target.parent.mkdir(parents=True, exist_ok=True)
        with writing(order.target, mode=0o600) as file:
            writer = PhotoFileWriter(file, order.exam, order.recipient)
            faults = [*roster.faults, *_add_all(writer, roster, source, on_progress)]
            missing = roster.missing()
            if not order.allow_missing:
                faults += missing
            if faults:
                _refuse(order, faults)
            writer.finish(order.signer, order.at)
    except OSError as error:
        raise unwritable(order.target, error) from None
    key = sealed_boxes.key_id(order.recipient)
    return Packed(order.target, roster.rows, writer.photos, len(missing), key)


def _add_all(
    writer: PhotoFileWriter, roster: Roster, source: Source, on_progress: OnProgress
) -> list[PhotoFault]:
    faults, total = [], len(source.pictures)
    for number, picture in enumerate(source.pictures, start=1):
        try:
            seat, jpeg = _matched(roster, source, picture)
            writer.add(seat.jti, jpeg)
        except _Fault as fault:
            faults.append(PhotoFault(place_of(picture, number), fault.problem))
        if number % _EVERY == 0 or number == total:
            on_progress(Progress(number, len(faults), total))
    return faults


def _matched(roster: Roster, source: Source, picture: Picture) -> tuple[Seat, bytes]:
    if picture.suffix not in SUFFIXES:
        raise _Fault(_WRONG_KIND)
    seat = roster.take(picture)
    if isinstance(seat, Text):
        raise _Fault(seat)
    return seat, _encoded(source, picture)


def _encoded(source: Source, picture: Picture) -> bytes:
    if picture.size > MAX_FILE_BYTES:
        raise _Fault(_TOO_LARGE)
    try:
        content = source.read(picture)
    except OSError as error:
        raise _Fault(_UNREADABLE if error.errno is None else system_reason(error)) from None
    if len(content) > MAX_FILE_BYTES:  # an archive's own list of sizes proves nothing
        raise _Fault(_TOO_LARGE)
    try:
        if min(size_of(content)) < SHORTEST_SIDE:
            raise _Fault(_TOO_SMALL)
        return encode_anew(content, MOST_PIXELS, LONGEST_SIDE)
    except PictureTooDetailed:
        raise _Fault(_TOO_DETAILED) from None
    except PictureRefused:
        raise _Fault(_UNREADABLE) from None


def _refuse(order: Order, faults: Sequence[PhotoFault]) -> None:
    if order.faults_csv is not None:
        fault_lists.write_fault_list(order.faults_csv, faults)
    raise fault_lists.refusal(faults)
