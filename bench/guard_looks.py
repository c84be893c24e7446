"""Runs looks of the guard, as in a session, and prints what each costs; for the Windows Python."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from oneseat.client.guard.watching import Watch
from oneseat.client.platform.windows.probes import installed_sight
from signing.clock import SystemClock
from tests import charters


def main(looks: int) -> None:
    """Print a JSON object: seconds of each look, and the processor time of all."""
    probe, watch, clock = installed_sight(), Watch(charters.charter()), SystemClock()
    seconds: list[float] = []
    watch.look(probe.look(Path("C:\\none")), clock.now())
    before = time.process_time()
    for _ in range(looks):
        began = time.perf_counter()
        watch.look(probe.look(Path("C:\\none")), clock.now())
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": seconds, "cpu_s": time.process_time() - before}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
