"""What it costs to hand out and to verify an interview of an hour: three streams in segments of 30 s.

Keys of the ``--json`` object:

* ``export_s`` -- one attempt exported: read, hashed, written, joined, signed; at most 30
* ``export_ratio`` -- the same as a multiple of reading, hashing and writing its bytes once
* ``verify_s`` -- the export verified; at most 10
* ``verify_ratio`` -- the same as a multiple of SHA-256 over its bytes
* ``memory_growth_mib`` -- by how much the process grew from a tenth of the recording to the whole; at most 32
* ``recorded_mib`` -- the recordings' size
"""

from __future__ import annotations

import hashlib
import io
import random
import resource
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import click
from sqlalchemy import insert

from bench.measure import report
from oneseat.room.evidence import export, verify
from oneseat.room.evidence.export import Order
from oneseat.room.exam.kept_room import KeptRoom
from oneseat.room.rules.segments import SegmentName
from oneseat.state.room import kept, takes
from oneseat.state.room.takes import Take
from oneseat.state.tables.room import RoomAttemptRow, RoomEventRow
from oneseat.store.segments import FolderSegments, SegmentUpload
from signing.clock import SystemClock
from tests.room.held_exam import EXAM, STARTS, HeldExam, RoomKeys
from tests.room.kept import kept_room

AT_MOST = {"export_s": 30.0, "verify_s": 10.0}
STREAMS = ("camera", "screen", "phone")
SEGMENT_S = 30
FRAMES_PER_S = 15
NOISE_BYTES = 640 * 16
"""Lines of noise in each picture: what makes a segment as large as a camera's."""


def film(seconds: int) -> bytes:
    """A segment of the recorder's size, about a megabyte: VP8 with noise in a part of the picture."""
    target, chance = io.BytesIO(), random.Random(7)  # noqa: S311 -- the same film in every run
    noise = chance.randbytes(640 * 480)
    with av.open(target, "w", format="webm") as container:
        options = {"cpu-used": "16", "deadline": "realtime"}
        video = container.add_stream("libvpx", rate=FRAMES_PER_S, options=options)
        video.width, video.height, video.pix_fmt = 640, 480, "yuv420p"
        for index in range(seconds * FRAMES_PER_S):
            frame = av.VideoFrame(640, 480, "yuv420p")
            size = frame.planes[0].buffer_size
            start = chance.randrange(NOISE_BYTES)
            frame.planes[0].update(noise[start : start + NOISE_BYTES] + bytes(size - NOISE_BYTES))
            frame.pts, frame.time_base = index, Fraction(1, FRAMES_PER_S)
            container.mux(video.encode(frame))
        container.mux(video.encode())
    return target.getvalue()


@contextmanager
def kept_interview(folder: Path, keys: RoomKeys, minutes: int, content: bytes) -> Iterator[KeptRoom]:
    """A room that has kept one attempt with recordings of this length."""
    exam = HeldExam(folder, keys)
    attempt = secrets.token_hex(16)
    store = FolderSegments(folder / "recordings", b"", "")
    kept_takes = [_store_take(store, attempt, stream, minutes, content) for stream in STREAMS]
    event = {
        "exam": EXAM,
        "attempt": attempt,
        "at": STARTS,
        "source": "page",
        "code": "hidden",
        "facts": "{}",
    }
    with exam.database.writing() as connection:
        connection.execute(insert(RoomAttemptRow), _attempt_row(attempt, minutes))
        connection.execute(insert(RoomEventRow), [event] * 600)
        takes.save(connection, kept_takes)
    with kept_room(exam) as room:
        yield room
    exam.database.close()


def _attempt_row(attempt: str, minutes: int) -> dict[str, object]:
    began = STARTS
    return {
        "id": attempt,
        "exam": EXAM,
        "jti": "a" * 32,
        "kind": "formal",
        "session": 0,
        "ordinal": 1,
        "device_key": bytes(32),
        "ticket": "",
        "created_at": began,
        "devices_at": began,
        "starts_at": began,
        "ends_at": began + timedelta(minutes=minutes),
        "epoch": 1,
    }


def _store_take(store: FolderSegments, attempt: str, stream: str, minutes: int, content: bytes) -> Take:
    """Store a take's segments; each has its number behind the film, where no player looks."""
    take = Take(attempt, secrets.token_hex(12), EXAM, stream, "video/webm;codecs=vp8", STARTS)
    count = minutes * 60 // SEGMENT_S
    for number in range(count):
        # An empty element (EBML Void) makes each segment's bytes its own.
        whole = content + b"\xec\x88" + number.to_bytes(8, "big")
        take = take.announce(number, hashlib.sha256(whole).digest(), len(whole))
        name = str(SegmentName.of(take, number))
        with store.open(SegmentUpload(name, len(whole), hashlib.sha256(whole).hexdigest())) as writer:
            writer.write(whole)
            writer.finish()
    return take.promise(count).mark_stored(range(count))


def run(room: KeptRoom, target: Path) -> float:
    """Export the attempt; return the seconds it took."""
    with room.database.reading() as connection:
        attempts = kept.list_attempts(connection, EXAM)
    started = time.perf_counter()
    export.export(room, Order(attempts), target, SystemClock(), lambda _: None)
    return time.perf_counter() - started


def copy(source: Path, target: Path) -> float:
    """Read, hash and write every file once; return the seconds."""
    target.mkdir()
    started = time.perf_counter()
    for number, path in enumerate(sorted(path for path in source.rglob("*") if path.is_file())):
        content = path.read_bytes()
        hashlib.sha256(content).hexdigest()
        (target / str(number)).write_bytes(content)
    return time.perf_counter() - started


def digest(folder: Path) -> float:
    """Hash every file; return the seconds."""
    started = time.perf_counter()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
    return time.perf_counter() - started


def memory_mib() -> float:
    """The largest size this process has had so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def measure(place: Path, minutes: int) -> dict[str, float]:
    """The figures of an interview of this many minutes, with all files in a folder that is empty."""
    content = film(SEGMENT_S)
    keys = RoomKeys.make(place / "keys")
    with kept_interview(place / "short", keys, max(1, minutes // 10), content) as room:
        run(room, place / "out-short")
    before = memory_mib()
    with kept_interview(place / "long", keys, minutes, content) as room:
        stored = place / "long" / "recordings"
        copied = min(_timed(copy, stored, place / "copy") for _ in range(2))
        exported = min(_timed(lambda _, target: run(room, target), stored, place / "out") for _ in range(2))
        run(room, place / "kept")
        grown = memory_mib() - before
        started = time.perf_counter()
        result = verify.verify(place / "kept", verify.Trust(room.root_public_key))
        verified = time.perf_counter() - started
    assert not result.findings
    return {
        "export_s": exported,
        "export_ratio": exported / copied,
        "verify_s": verified,
        "verify_ratio": verified / digest(place / "kept"),
        "memory_growth_mib": grown,
        "recorded_mib": sum(path.stat().st_size for path in stored.rglob("*.webm")) / (1 << 20),
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--minutes", default=60, show_default=True)
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Where the gigabyte goes; a temporary folder."
)
def main(as_json: bool, minutes: int, folder: Path | None) -> None:
    """Measure export and verification of one attempt; status 1 where a limit is exceeded."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        figures = measure(Path(temporary), minutes)
    report("Evidence of an hour", figures, {**AT_MOST, "memory_growth_mib": 32}, as_json)


def _timed(job: object, source: Path, target: Path) -> float:
    """Run a job that fills a folder, and remove the folder."""
    assert callable(job)
    seconds: float = job(source, target)
    shutil.rmtree(target)
    return seconds


if __name__ == "__main__":
    main()
