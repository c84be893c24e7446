"""Issues a fictitious roster in a process of its own, and prints its peak memory and time as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from oneseat.pipeline import roster
from oneseat.pipeline.exam import model as exams
from oneseat.pipeline.issuing.issuer import Issuer
from oneseat.state.database import Database
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.manifest import Manifest
from signing.clock import SystemClock

_DEMO = Path(__file__).parents[1] / "exams" / "demo.toml"


def _peak_kib() -> int:
    """The program's own peak: ``ru_maxrss`` would count its parent's from before the exec as well."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def main() -> None:
    """Issue ``argv[1]`` candidates."""
    exam, clock = exams.load(_DEMO), SystemClock()
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-") as name:
        folder = Path(name)
        roster.write_sample(folder / "roster.csv", roster.sample(int(sys.argv[1]), 1, exam))
        ring = KeyRing.create(folder / "ring", b"bench", AUTHORITY, clock.now(), rehearsal=True)
        base = Manifest(exam.id, "b" * 64, "0" * 64, 0, 0, 0, 0, "0" * 64, True, True, "base.exe", {})
        database = Database.create(folder / "state.db", rehearsal=True)
        started = time.perf_counter()
        issued = Issuer(exam, base, ring, database, clock).issue(folder / "roster.csv")
        seconds = time.perf_counter() - started
        database.close()
    peak_mib = _peak_kib() / 1024
    sys.stdout.write(json.dumps({"peak_mib": peak_mib, "seconds": seconds, "added": issued.added}) + "\n")


if __name__ == "__main__":
    main()
