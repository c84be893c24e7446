"""Stamping against what a release engineer would otherwise run, per candidate, same 25 MB installer.

Peers run as the programs they are and write their file; stamping runs in this process,
as the pipeline does. Best of interleaved rounds, ratios within one run. Keys of the
``--json`` object:

* ``vs_makensis`` -- makensis with solid LZMA once per candidate, over a stamped file; at least 1,000
* ``vs_osslsigncode`` -- osslsigncode adding a blob, over every byte of a stamped installer made and
  hashed in this process; at least 10
* ``vs_osslsigncode_file`` -- the same over a stamped file on disk; no limit
* ``vs_cp`` -- a stamped file over ``cp --reflink=never``; at most 1.0
* ``vs_cp_reflink`` -- the same on XFS with reflinks, loop-mounted; at most 0.05; left out where
  that cannot be mounted, and then ``reflink_skipped`` says why
* ``candidate_us`` -- licence signed, tail and SHA-256 of the whole installer made, where the portal composes
* ``stamped_ms``, ``in_memory_ms``, ``cp_ms``, ``osslsigncode_ms``, ``makensis_s``, ``stamped_reflink_ms``,
  ``cp_reflink_ms`` -- the times themselves; ``osslsigncode`` -- the version measured
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from bench import bases
from bench.measure import interleaved, judged, show
from bench.stamp import Line, copies
from signing.authority.keys import AUTHORITY, KeyRing

MB = 1_000_000
SIZE_BYTES = 25 * MB
LICENCE = b"L" * 600
LIMITS = {"vs_cp": 1.0, "vs_cp_reflink": 0.05}
FLOORS = {"vs_makensis": 1000.0, "vs_osslsigncode": 10.0}

_IMAGE_BYTES = 600 * MB
_SCRIPT = """Unicode true
Target amd64-unicode
SetCompressor /SOLID lzma
Name bench
OutFile "{out}"
RequestExecutionLevel user
Section
SetOutPath $TEMP
File "{payload}"
File "{licence}"
SectionEnd
"""


class NoReflinks(Exception):
    """A file system with reflinks cannot be had here, and why."""


def makensis(folder: Path, payload: Path) -> Callable[[], object]:
    """One candidate's installer from the payload, compressed with solid LZMA."""
    script, licence, out = (folder / name for name in ("peer.nsi", "licence.txt", "peer.exe"))
    licence.write_bytes(LICENCE)
    script.write_text(_SCRIPT.format(out=out, payload=payload, licence=licence))
    command = ["makensis", "-V1", str(script)]
    return lambda: subprocess.run(command, check=True, capture_output=True)


def osslsigncode(folder: Path, signed: Path) -> Callable[[], object]:
    """A copy of the signed installer with a blob among its unauthenticated attributes."""
    out = folder / "blob.exe"
    command = ["osslsigncode", "add", "-addUnauthenticatedBlob", "-in", str(signed), "-out", str(out)]

    def add() -> None:
        out.unlink(missing_ok=True)  # it does not overwrite
        subprocess.run(command, check=True, capture_output=True)

    return add


def in_memory(line: Line) -> Callable[[], object]:
    """The stamped installer as it is streamed: every byte, and the SHA-256 of the whole."""

    def stream() -> str:
        sent = sum(len(piece) for piece in line.stamper.stream(LICENCE))
        assert sent == line.stamper.manifest.size
        return line.stamper.sha256(line.stamper.tail(LICENCE))

    return stream


def version(tool: str) -> str:
    """What a program says of its version."""
    said = subprocess.run([tool, "--version"], check=False, capture_output=True, text=True)
    return (said.stdout or said.stderr).splitlines()[0].split(",")[0]


@contextmanager
def reflinks(folder: Path) -> Iterator[Path]:
    """An XFS with reflinks on a loop device, mounted for the block.

    Raises:
        NoReflinks: mkfs.xfs is not there, or this computer does not let us mount.
    """
    image, place = folder / "xfs.img", folder / "xfs"
    if shutil.which("mkfs.xfs", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
        raise NoReflinks("mkfs.xfs is not installed")
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(_IMAGE_BYTES)
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
    unmount = ["umount", str(place)]
    for command in (
        ["mkfs.xfs", "-q", "-m", "reflink=1", str(image)],
        ["mount", "-o", "loop", str(image), str(place)],
    ):
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            raise NoReflinks(f"{command[0]}: {(done.stderr.strip() or 'it failed').splitlines()[0]}")
    try:
        yield place
    finally:
        subprocess.run(unmount, check=True, env=environment)
        image.unlink()


def on_reflinks(line: Line, folder: Path, rounds: int) -> dict[str, float]:
    """Seconds of a stamped file and of a copy where files can share blocks.

    Raises:
        NoReflinks: as :func:`reflinks`.
    """
    with reflinks(folder) as place:
        base = place / line.base.name
        shutil.copyfile(line.base, base)
        os.sync()  # a file is shared block by block once it has blocks
        return interleaved(copies(line.on(base), place), rounds)


def once(job: Callable[[], object]) -> float:
    """Seconds of one run, for a job that takes many of them."""
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def measured(folder: Path, rounds: int, nsis_rounds: int) -> tuple[dict[str, float], dict[str, str]]:
    """All figures, and what is said beside them."""
    ring = KeyRing.create(folder / "ring", b"bench", AUTHORITY, datetime(2035, 1, 1, tzinfo=UTC))
    line = Line(ring, *bases.make(folder, SIZE_BYTES))
    payload = folder / "payload.bin"
    payload.write_bytes(os.urandom(SIZE_BYTES))
    jobs = {**copies(line, folder), "osslsigncode": osslsigncode(folder, line.base)}
    disk = interleaved({**jobs, "in memory": in_memory(line), "candidates": line.many}, rounds)
    nsis = makensis(folder, payload)
    makensis_s = min(once(nsis) for _ in range(nsis_rounds))
    figures = {
        "vs_makensis": makensis_s / disk["stamped"],
        "vs_osslsigncode": disk["osslsigncode"] / disk["in memory"],
        "vs_osslsigncode_file": disk["osslsigncode"] / disk["stamped"],
        "vs_cp": disk["stamped"] / disk["cp"],
        "stamped_ms": disk["stamped"] * 1e3,
        "cp_ms": disk["cp"] * 1e3,
        "osslsigncode_ms": disk["osslsigncode"] * 1e3,
        "makensis_s": makensis_s,
        "in_memory_ms": disk["in memory"] * 1e3,
        "candidate_us": disk["candidates"] / line.BATCH * 1e6,
    }
    said = {"osslsigncode": version("osslsigncode")}
    try:
        shared = on_reflinks(line, folder, rounds)
    except NoReflinks as why:
        return figures, {**said, "reflink_skipped": str(why)}
    figures |= {
        "vs_cp_reflink": shared["stamped"] / shared["cp"],
        "stamped_reflink_ms": shared["stamped"] * 1e3,
        "cp_reflink_ms": shared["cp"] * 1e3,
    }
    return figures, said


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--rounds", default=30, show_default=True)
@click.option("--nsis-rounds", default=2, show_default=True, help="Each takes many seconds.")
def main(as_json: bool, rounds: int, nsis_rounds: int) -> None:
    """Measure stamping against its peers; status 1 where a limit is missed."""
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-", dir=os.environ.get("TMPDIR")) as name:
        figures, said = measured(Path(name), rounds, nsis_rounds)
    limits = {name: limit for name, limit in LIMITS.items() if name in figures}
    missed = judged(figures, limits, FLOORS)
    if as_json:
        sys.stdout.write(json.dumps({**{k: round(v, 4) for k, v in figures.items()}, **said}) + "\n")
    else:
        show("Against peers, per candidate", figures, {**limits, **FLOORS}, missed)
        for name, text in said.items():
            print(f"{name}: {text}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
