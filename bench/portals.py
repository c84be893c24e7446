"""What the portal's benchmarks run against: exams, portal processes, nginx, and a load generator."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import bases, servers
from bench.servers import Server
from oneseat.web.deployment import proxy_directives
from tests.portal.published_exam import INSIDE, PASSPHRASE, Keys, PublishedExam
from tests.signing.signed_files import Base
from tests.simulator import Person


def person(serial: int) -> Person:
    """Somebody who does not exist; all share one ID number of a region that does not, which nothing minds."""
    return Person(f"测试考生{serial}", "000000197601110005", f"2035{serial:08d}")


def publish(folder: Path, size_bytes: int, seats: int, state: str | None = None) -> PublishedExam:
    """A published rehearsal exam with a base of about ``size_bytes``, and that many seats."""
    folder.mkdir(parents=True)
    keys = Keys.make(folder / "keys", rehearsal=True)
    manifest, base = bases.make(folder, size_bytes)
    exam = PublishedExam(folder, keys, Base(base, manifest), rehearsal=True, state=state)
    exam.people = [person(serial) for serial in range(seats)]
    return exam.publish_everything()


@contextlib.contextmanager
def portal(exam: PublishedExam, log: Path) -> Iterator[Server]:
    """A portal process for this exam, rehearsing inside the window."""
    settings = {
        "exams": [{**exam.exam_settings().model_dump(mode="json"), "passphrase": PASSPHRASE.decode()}],
        "rehearse_at": INSIDE.isoformat(),
    }
    with servers.serving("portal", settings, log) as server:
        yield server


@dataclass(frozen=True)
class Load:
    """What wrk saw."""

    requests: int
    seconds: float
    bytes: int
    p99_ms: float
    failed: int

    @property
    def per_s(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def mib_per_s(self) -> float:
        """Bytes of answers a second, in MiB."""
        return self.bytes / self.seconds / 2**20


_REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests":%d,"seconds":%f,"bytes":%d,"p99_ms":%f,"failed":%d}',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def wrk(url: str, seconds: float, connections: int, script: str = "") -> Load:
    """Load from one thread of wrk."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oneseat-wrk-")))
        file = folder / "script.lua"
        file.write_text(script + _REPORT)
        duration = f"{max(1, round(seconds))}s"
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{duration}",
            "--timeout",
            "30s",
            "-s",
            str(file),
            url,
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Load(**json.loads(done.stdout[done.stdout.index('{"requests"') :]))


def logins(people: Sequence[Person]) -> str:
    """A script that logs one person in after the other."""
    bodies = ",\n".join(json.dumps(json.dumps(one.body())) for one in people)
    return f"""
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local bodies = {{ {bodies} }}
local at = 0
request = function()
  at = at % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[at])
end
"""


@contextlib.contextmanager
def nginx(folder: Path, upstream: str, files: Path) -> Iterator[str]:
    """An nginx of one worker: ``/files/`` statically, all else proxied to ``upstream``; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    configuration = folder / "nginx.conf"
    proxy = proxy_directives("portal")
    configuration.write_text(
        _NGINX.format(folder=folder, port=port, upstream=upstream, files=files, proxy=proxy)
    )
    command = ["/usr/sbin/nginx", "-c", str(configuration), "-p", str(folder), "-e", str(folder / "errors")]
    process = subprocess.Popen(command)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


_NGINX = """
user root;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream portal {{ server {upstream}; keepalive 32; }}
  server {{
    listen 127.0.0.1:{port};
    location /files/ {{ alias {files}/; }}
    location / {{
      {proxy}
    }}
  }}
}}
"""


@contextlib.contextmanager
def watched(portal: Server) -> Iterator[list[float]]:
    """The process's own memory in MiB, looked at every 50 ms while the block runs."""
    seen = [portal.memory_mib()]
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.05):
            seen.append(portal.memory_mib())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        done.set()
        looking.join()
