#!/usr/bin/env python3
"""How fast licences are signed, by where the licence key lives: in a file, or in a SoftHSM token.

SoftHSM is software: this is the price of the way through PKCS#11. Hardware has a rate of its own.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from signing.authority import hsm
from signing.authority.keys import AUTHORITY, KeyRing
from signing.authority.signer import TokenSeries
from tests import softhsm

SHARED = {"exam": "bench", "build": "b" * 64, "base": "c" * 64, "iat": 1, "nbf": 1, "exp": 2, "v": 1}
PASSPHRASE = b"only for a benchmark"
COUNT = 10_000
WORKERS = 2


def signed(folder: Path, count: int) -> float:
    """Seconds for ``count`` licences in this process, the ring's opening left out."""
    signer = KeyRing.open(folder, PASSPHRASE, AUTHORITY).signer("licence")
    series = TokenSeries(signer, "bench", SHARED, ("jti", "seat"))
    start = time.perf_counter()
    for number in range(count):
        series.sign({"jti": f"{number:032x}", "seat": "A" * 43})
    return time.perf_counter() - start


def rates(folder: Path) -> tuple[float, float]:
    """Licences a second in one process, and in two together (a session each)."""
    alone = COUNT / signed(folder, COUNT)
    with get_context("spawn").Pool(WORKERS) as pool:
        seconds = pool.starmap(signed, [(folder, COUNT)] * WORKERS)
    return alone, sum(COUNT / one for one in seconds)


def main() -> None:
    """Measure, and print a table or one JSON object."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        token = softhsm.make(root)
        os.environ["SOFTHSM2_CONF"] = str(token.configuration)
        files = KeyRing.create(root / "files", PASSPHRASE, AUTHORITY, now)
        held = KeyRing.create(root / "held", PASSPHRASE, AUTHORITY, now)
        held.adopt("licence", hsm.generate(token.uri, "licence", token.pin.encode()), now)
        measured = {"file": rates(files.folder), "pkcs11_softhsm": rates(held.folder)}
        hsm.SESSIONS.close_all()
    found = {
        f"{name}_{workers}_per_s": round(rate)
        for name, pair in measured.items()
        for workers, rate in zip(("one", "two"), pair, strict=True)
    }
    found["pkcs11_ratio"] = round(measured["pkcs11_softhsm"][0] / measured["file"][0], 3)  # type: ignore[assignment]
    if "--json" in sys.argv:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:28} {value:>12,}")


if __name__ == "__main__":
    main()
