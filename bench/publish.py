"""Publishing to S3: whole files sent, composed on the server, or tails alone. Ratios within one run.

The server is OpenStack Swift with its S3 API, on this computer. Everything goes to it over 16
connections, through a line of ours that counts the bytes sent (headers included) and can be held
to a rate. A whole file is one PutObject by boto3 alone. Keys of the ``--json`` object:

* ``bytes_ratio`` -- bytes sent for a whole file over those for a composed installer; at least 1000
* ``rate_ratio_throttled`` -- installers a second composed over whole files a second, the line held
  to 100 Mbit/s; at least 10
* ``rate_ratio_tails`` -- tails a second over whole files a second, the line not held to anything;
  at least 10
* ``rate_ratio_composed`` -- the same of composed installers: the server's work is not saved
* ``composed_bytes`` -- bytes sent for a composed installer, at most 16384; of these,
  ``composed_requests_bytes`` are not its tail
* ``whole_per_s``, ``composed_per_s``, ``tails_per_s``, ``whole_throttled_per_s``,
  ``composed_throttled_per_s`` -- the rates themselves
* ``tails_per_s_1`` to ``tails_per_s_16`` -- tails a second by connections, over a line that takes
  20 ms more
"""

from __future__ import annotations

import hashlib
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import click
from botocore.config import Config

from bench import bases
from bench.measure import report
from bench.uplink import Uplink, uplink
from oneseat.pipeline.publishing.stamped_file import write_stamped
from oneseat.store import SharedPrefix, base_name
from oneseat.store.address import S3Address
from oneseat.store.s3 import S3Store
from signing.authority.stamp import Stamper
from tests.s3_servers import S3Server, swift

MB = 1_000_000
CONNECTIONS = 16
UPLINK_MBIT_PER_S = 100
LINE_MS = 20
BUCKET = "bench"


@dataclass(frozen=True)
class Rate:
    """How fast something went: so many a second, and bytes sent for each."""

    per_s: float
    bytes_each: float


class Uploads:
    """A base in a bucket, and the three ways to upload installers: whole, composed, tails."""

    def __init__(self, folder: Path, server: S3Server, line: Uplink, size_bytes: int) -> None:
        manifest, base = bases.make(folder, size_bytes)
        self.line = line
        self.stamper = Stamper(manifest, base)
        endpoint = f"http://127.0.0.1:{line.port}"
        self.store = S3Store(S3Address.parse(server.address(BUCKET, through=endpoint)), folder / "cache")
        self.store.put(base_name(manifest.base_sha256), base, manifest.base_sha256)
        self.head = SharedPrefix(base_name(manifest.base_sha256), base, self.stamper.prefix_bytes)
        self.file = folder / "stamped.exe"
        write_stamped(self.stamper, _licence(0), self.file)
        # A whole file is sent as anybody would: one request, no digest of ours, no look before.
        self.client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            config=Config(
                max_pool_connections=CONNECTIONS,
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
            ),
        )
        self._numbers = itertools.count(1)

    def whole(self, number: int) -> None:
        """Send a whole file."""
        with self.file.open("rb") as file:
            self.client.put_object(Bucket=BUCKET, Key=f"whole/{number}.exe", Body=file)

    def composed(self, number: int) -> None:
        """Compose an installer on the server."""
        tail = self.stamper.tail(_licence(number))
        name = f"composed/{number}.exe"
        self.store.compose(name, self.head, tail, self.stamper.sha256(tail), skip_exists_check=True)

    def tail(self, number: int) -> None:
        """Send a tail."""
        tail = self.stamper.tail(_licence(number))
        self.store.put_bytes(
            f"tails/{number}.bin", tail, hashlib.sha256(tail).hexdigest(), skip_exists_check=True
        )

    def rate(
        self, act: Callable[[int], None], count: int, connections: int = CONNECTIONS, *, warm: bool = True
    ) -> Rate:
        """Do something so many times; with ``warm``, after having done it once on every connection."""
        with ThreadPoolExecutor(connections) as pool:
            if warm:
                list(pool.map(act, [next(self._numbers) for _ in range(connections)]))
            numbers = [next(self._numbers) for _ in range(count)]
            before, started = self.line.sent, time.perf_counter()
            list(pool.map(act, numbers))
            seconds = time.perf_counter() - started
        return Rate(count / seconds, (self.line.sent - before) / count)


def _licence(number: int) -> bytes:
    """As long as a licence is."""
    return f"{number:0600d}".encode()


def best(rates: list[Rate]) -> Rate:
    """The fastest of several rounds."""
    return max(rates, key=lambda rate: rate.per_s)


def measure(uploads: Uploads, count: int, rounds: int) -> dict[str, float]:
    """All figures. Ways alternate, so that slow moments of the machine fall on all alike."""
    ways = {
        "whole": (uploads.whole, count),
        "composed": (uploads.composed, count),
        "tails": (uploads.tail, 16 * count),
    }
    free: dict[str, list[Rate]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (act, number) in ways.items():
            free[name].append(uploads.rate(act, number))
    with uploads.line.held_to(UPLINK_MBIT_PER_S):
        held = {
            "whole": uploads.rate(uploads.whole, count, warm=False),
            "composed": best([uploads.rate(uploads.composed, count) for _ in range(rounds)]),
        }
    whole, composed, tails = (best(free[name]) for name in ways)
    with uploads.line.held_to(delay_ms=LINE_MS):
        by_connections = {n: uploads.rate(uploads.tail, 20 * n, n).per_s for n in (1, 2, 4, 8, 16)}
    return {
        "bytes_ratio": whole.bytes_each / composed.bytes_each,
        "rate_ratio_throttled": held["composed"].per_s / held["whole"].per_s,
        "rate_ratio_tails": tails.per_s / whole.per_s,
        "rate_ratio_composed": composed.per_s / whole.per_s,
        "composed_bytes": composed.bytes_each,
        "composed_requests_bytes": composed.bytes_each - len(uploads.stamper.tail(b"")),
        "whole_per_s": whole.per_s,
        "composed_per_s": composed.per_s,
        "tails_per_s": tails.per_s,
        "whole_throttled_per_s": held["whole"].per_s,
        "composed_throttled_per_s": held["composed"].per_s,
        **{f"tails_per_s_{n}": rate for n, rate in by_connections.items()},
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--count", default=16, show_default=True, help="Whole files and composed installers a round.")
@click.option("--rounds", default=2, show_default=True)
@click.option("--size-mb", default=25, show_default=True, help="Size of the base.")
def main(as_json: bool, count: int, rounds: int, size_mb: int) -> None:
    """Measure publishing to S3; status 1 where a figure stays below its floor."""
    temporary = tempfile.TemporaryDirectory(prefix="oneseat-bench-", dir=os.environ.get("TMPDIR"))
    with temporary as folder, swift(workers=2) as server:
        os.environ.update(server.environment)
        server.make_bucket(BUCKET)
        parts = urlsplit(server.url)
        with uplink(parts.hostname or "", parts.port or 80) as line:
            figures = measure(Uploads(Path(folder), server, line, size_mb * MB), count, rounds)
    floors = {"bytes_ratio": 1000, "rate_ratio_throttled": 10, "rate_ratio_tails": 10}
    report("Publishing to S3", figures, {"composed_bytes": 16384}, as_json, floors)


if __name__ == "__main__":
    sys.exit(main())
