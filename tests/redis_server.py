"""A private Redis server on a Unix socket, for one test run."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.patience import wait_until


@dataclass
class Server:
    """A server that tests can stop and start again; it is then empty."""

    folder: Path
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's address."""
        return f"unix://{self.folder / 'redis.sock'}"

    def start(self) -> None:
        """Start the server and wait until it responds."""
        program = shutil.which("redis-server")
        assert program is not None, "run `make setup` (Debian: redis-server)"
        command = [program, "--port", "0", "--unixsocket", str(self.folder / "redis.sock")]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        with redis.Redis.from_url(self.url) as client:
            wait_until(lambda: _answers(client), (self.folder / "log").read_text)

    def stop(self) -> None:
        """Stop the server; its data is lost."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Run a server that listens on a Unix socket only."""
    # Not pytest's folder: socket paths must be short.
    folder = Path(tempfile.mkdtemp(prefix="oneseat-redis-"))
    running = Server(folder)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)
