"""What one candidate costs: issue, stamp and SHA-256 of the whole installer, against one bare signature.

In-process, warm, database excluded. Keys of the ``--json`` object:

* ``ratio`` -- time per candidate over a bare Ed25519 signature of a licence; at most 2.0
* ``ratio_250_to_25`` -- time per candidate with a 250 MB base over a 25 MB one; within 10 %
* ``copy_ratio`` -- a stamped copy on disk over ``cp --reflink=never`` of the same file; at most 1.0
* ``apk_candidate_us`` -- time per candidate with a phone app's base: sign, stamp, SHA-256; at most 50
* ``apk_build_s`` -- building a phone app with nothing cached: compile, sign, reserve; at most 60
* ``candidate_us``, ``signature_us``, ``copy_ms``, ``cp_ms`` -- the times themselves
* ``issue_peak_mib`` -- peak memory of issuing ``--candidates`` from a CSV roster; at most 300
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import click

from bench import bases
from bench.measure import interleaved, report
from oneseat.pipeline.issuing.worker import LicenceMaker
from oneseat.pipeline.phone.builder import PhoneBuilder
from oneseat.pipeline.phone.facts import PhoneFacts
from oneseat.pipeline.phone.inputs import collect
from oneseat.pipeline.phone.signing_key import create_development_identity, open_identity
from oneseat.pipeline.phone.toolchain import PhoneToolchain
from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.pipeline.roster import Candidate
from oneseat.state.issuing.licences import EditionRow
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.jws import signing_input
from signing.text import Text
from signing.tokens import Licence

MB = 1_000_000
_APK_BYTES = 400_000
_BATCH = 100
_NOW, _ENDS = datetime(2035, 1, 1, tzinfo=UTC), datetime(2035, 2, 1, tzinfo=UTC)


def candidate(index: int) -> Candidate:
    """A synthetic row, as the roster gives it."""
    return Candidate(index, "测试考生〇一", "000000197601110005", f"{100000000000 + index}", mended=False)


class Line:
    """The work per candidate, on one base."""

    BATCH = _BATCH

    def __init__(self, ring: KeyRing, manifest: Manifest, base: Path) -> None:
        self.base = base
        self.stamper = Stamper(manifest, self.base)
        edition = EditionRow(1, "bench", manifest.authenticode_sha256, manifest.build, _ENDS)
        self.maker = LicenceMaker(ring, edition, _NOW)
        self._index = count()

    def on(self, base: Path) -> Line:
        """The same work on a copy of the base that lies elsewhere."""
        moved = copy(self)
        moved.base, moved.stamper = base, Stamper(self.stamper.manifest, base)
        return moved

    def one(self) -> str:
        """Issue and stamp the next candidate; the installer's SHA-256."""
        person = candidate(next(self._index))
        licence = self.maker.sign_licence(person, 1, self.maker.login_tag(person))
        return self.stamper.sha256(self.stamper.tail(licence.token.encode()))

    def many(self) -> None:
        """A batch of them."""
        for _ in range(_BATCH):
            self.one()


def bare_signatures(ring: KeyRing, line: Line) -> Callable[[], None]:
    """A loop that only signs a message as long as a licence."""
    person = candidate(0)
    token = line.maker.sign_licence(person, 1, bytes(32)).token
    signer = ring.signer("licence")
    message = token.rpartition(".")[0].encode()
    assert message.startswith(signing_input(signer.kid, Licence.TYP, {})[:20])

    def loop() -> None:
        for _ in range(_BATCH):
            signer.sign(message)

    return loop


def copies(line: Line, folder: Path) -> dict[str, Callable[[], object]]:
    """A stamped copy, and what cp takes for the same file."""
    stamped, plain = folder / "stamped.exe", folder / "plain.exe"
    command = ["cp", "--reflink=never", str(line.base), str(plain)]

    def stamp() -> None:
        stamped.unlink(missing_ok=True)
        write_stamped(line.stamper, b"L" * 600, stamped)

    def copy() -> None:
        plain.unlink(missing_ok=True)
        subprocess.run(command, check=True)

    return {"stamped": stamp, "cp": copy}


def apk_build_s() -> float:
    """Build a phone app with the real tools and a new key in an empty folder, inputs collected included."""
    named = Text("Benchmark", "测试")
    facts = PhoneFacts("bench", named, named, named, "https://room.example")
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-") as name:
        key = Path(name) / "identity.p12"
        create_development_identity(key, b"bench", _NOW)
        started = time.perf_counter()
        toolchain = PhoneToolchain()
        present = collect(facts, toolchain)
        PhoneBuilder(Path(name), present, open_identity(key, b"bench"), toolchain=toolchain).build()
        return time.perf_counter() - started


def issue_peak_mib(candidates: int) -> float:
    """Peak memory of a process that issues a whole roster into a fresh state database."""
    script = Path(__file__).with_name("issue_memory.py")
    done = subprocess.run(
        [sys.executable, str(script), str(candidates)], check=True, capture_output=True, text=True
    )
    return float(json.loads(done.stdout)["peak_mib"])


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--rounds", default=60, show_default=True)
@click.option("--candidates", default=100_000, show_default=True, help="For the memory of issuing.")
def main(as_json: bool, rounds: int, candidates: int) -> None:
    """Measure the cost of a candidate; status 1 where a limit is exceeded."""
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-", dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        ring = KeyRing.create(folder / "ring", b"bench", AUTHORITY, _NOW, rehearsal=True)
        small, large = (Line(ring, *bases.make(folder, size * MB)) for size in (25, 250))
        phone = Line(ring, *bases.make_phone(folder, _APK_BYTES))
        jobs = {
            "sign": bare_signatures(ring, small),
            "small": small.many,
            "large": large.many,
            "phone": phone.many,
        }
        seconds = interleaved(jobs, rounds)
        disk = interleaved(copies(small, folder), rounds)
    figures = {
        "ratio": seconds["small"] / seconds["sign"],
        "ratio_250_to_25": seconds["large"] / seconds["small"],
        "copy_ratio": disk["stamped"] / disk["cp"],
        "apk_candidate_us": seconds["phone"] / _BATCH * 1e6,
        "apk_build_s": apk_build_s(),
        "candidate_us": seconds["small"] / _BATCH * 1e6,
        "signature_us": seconds["sign"] / _BATCH * 1e6,
        "copy_ms": disk["stamped"] * 1e3,
        "cp_ms": disk["cp"] * 1e3,
        "issue_peak_mib": issue_peak_mib(candidates),
    }
    limits = {
        "ratio": 2.0,
        "ratio_250_to_25": 1.1,
        "copy_ratio": 1.0,
        "apk_candidate_us": 50,
        "apk_build_s": 60,
        "issue_peak_mib": 300,
    }
    report("One candidate", figures, limits, as_json)


if __name__ == "__main__":
    main()
