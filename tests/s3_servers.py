"""Real S3 servers on loopback ports, each in a private folder, for one test run.

OpenStack Swift with its S3 API checks signatures and their expiry, copies objects on the server and
pages listings. Moto supports conditional writes and lists uploads, but checks no signatures.
"""

from __future__ import annotations

import contextlib
import functools
import getpass
import http.client
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.loaders import create_loader

SWIFT_PROGRAM = """
import os, runpy, sys
from swift.common import utils
utils.SWIFT_CONF_FILE = os.path.join(sys.argv[1], "swift.conf")
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs one of Swift's programs with its main settings elsewhere than in /etc."""

SWIFT_RINGS = """
import os, sys
from swift.common import utils
folder = sys.argv[1]
utils.SWIFT_CONF_FILE = os.path.join(folder, "swift.conf")
from swift.common.ring.builder import RingBuilder
for kind, port in zip(("account", "container", "object"), map(int, sys.argv[2:])):
    builder = RingBuilder(8, 1, 0)
    device = dict(id=0, region=1, zone=1, weight=1.0, ip="127.0.0.1", port=port, device="disk", meta="")
    builder.add_dev(dict(device, replication_ip="127.0.0.1", replication_port=port))
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, kind + ".ring.gz"))
"""


CHUNK_BYTES = 1 << 20
"""Swift's chunk size. Its default of 64 KiB is slow for large files."""


create_loader_once = functools.cache(create_loader)
"""In the place of ``botocore.session.create_loader``: what boto3 knows of S3, megabytes of JSON, is read once
a process, as by a program with one session. A client then takes 30 ms in place of 90."""


@dataclass(frozen=True)
class S3Server:
    """A running server and its credentials."""

    url: str
    access_key: str
    secret_key: str

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables with the credentials; instance roles are disabled."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        }

    def make_bucket(self, name: str) -> None:
        """Create a bucket. Stores never do so."""
        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(s3={"addressing_style": "path"}),
        )
        client.create_bucket(Bucket=name)
        client.close()

    def address(self, bucket: str, prefix: str = "", through: str | None = None) -> str:
        """The address of a store in a bucket, straight or through a proxy."""
        return f"s3://{bucket}/{prefix}?endpoint={through or self.url}&addressing=path"


@contextlib.contextmanager
def moto() -> Iterator[S3Server]:
    """Run Moto's server in a process."""
    [port] = _free_ports(1)
    program = str(Path(sys.executable).with_name("moto_server"))
    with _running({"moto": [program, "-H", "127.0.0.1", "-p", str(port)]}, {"moto": (port, "/moto-api/")}):
        yield S3Server(f"http://127.0.0.1:{port}", "tests", "only for tests")


@contextlib.contextmanager
def swift(workers: int = 1) -> Iterator[S3Server]:
    """Run Swift: proxy, account, container and object servers, one disk, one replica."""
    folder = Path(tempfile.mkdtemp(prefix="oneseat-swift-"))
    try:
        *own, remembering = _free_ports(5)
        ports = dict(zip(("proxy", "account", "container", "object"), own, strict=True))
        settings = folder / "settings"
        for name in ("settings", "disks/disk", "cache"):
            (folder / name).mkdir(parents=True)
        for name, text in _swift_settings(folder, ports, remembering, workers).items():
            (settings / name).write_text(text)
        python = [sys.executable, "-W", "ignore", "-c"]
        rings = [*python, SWIFT_RINGS, str(settings), *(str(ports[kind]) for kind in list(ports)[1:])]
        subprocess.run(rings, check=True, stdin=subprocess.DEVNULL)
        commands = {
            kind: [
                *(*python, SWIFT_PROGRAM, str(settings)),
                str(Path(sys.executable).with_name(f"swift-{kind}-server")),
                str(settings / f"{kind}-server.conf"),
            ]
            for kind in ports
        }
        commands["cache"] = [
            sys.executable,
            str(Path(__file__).with_name("memory_cache.py")),
            str(remembering),
        ]
        answering = {kind: (port, "/healthcheck") for kind, port in ports.items()}
        with _running(commands, answering):
            yield S3Server(f"http://127.0.0.1:{ports['proxy']}", "tests:owner", "only-for-tests")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _swift_settings(folder: Path, ports: dict[str, int], remembering: int, workers: int) -> dict[str, str]:
    """Swift's settings by file name."""
    settings = folder / "settings"
    shared = f"""[DEFAULT]
bind_ip = 127.0.0.1
user = {getpass.getuser()}
swift_dir = {settings}
log_level = WARNING
"""
    files = {
        "swift.conf": (
            "[swift-hash]\nswift_hash_path_suffix = tests\nswift_hash_path_prefix = tests\n"
            "[storage-policy:0]\nname = only\ndefault = yes\n"
        )
    }
    filters = ["catch_errors", "gatekeeper", "healthcheck", "cache", "listing_formats", "bulk", "s3api"]
    filters += ["tempauth", "copy", "slo", "dlo"]
    more = {
        "cache": f"use = egg:swift#memcache\nmemcache_servers = 127.0.0.1:{remembering}\n",
        "tempauth": "use = egg:swift#tempauth\nuser_tests_owner = only-for-tests .admin\n",
        "s3api": (
            "use = egg:swift#s3api\nlocation = us-east-1\ncheck_bucket_owner = false\n"
            "cors_preflight_allow_origin = *\n"
        ),
    }
    files["proxy-server.conf"] = (
        f"{shared}bind_port = {ports['proxy']}\nworkers = {workers}\n"
        f"[pipeline:main]\npipeline = {' '.join(filters)} proxy-server\n"
        "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\ncors_allow_origin = *\n"
        f"object_chunk_size = {CHUNK_BYTES}\nclient_chunk_size = {CHUNK_BYTES}\n"
    ) + "".join(f"[filter:{name}]\n{more.get(name, f'use = egg:swift#{name}')}\n" for name in filters)
    for kind in ("account", "container", "object"):
        files[f"{kind}-server.conf"] = (
            f"{shared}bind_port = {ports[kind]}\ndevices = {folder / 'disks'}\nmount_check = false\n"
            f"recon_cache_path = {folder / 'cache'}\nworkers = {workers if kind == 'object' else 1}\n"
            f"[pipeline:main]\npipeline = healthcheck {kind}-server\n"
            f"[app:{kind}-server]\nuse = egg:swift#{kind}\n"
            f"disk_chunk_size = {CHUNK_BYTES}\nnetwork_chunk_size = {CHUNK_BYTES}\n"
            "[filter:healthcheck]\nuse = egg:swift#healthcheck\n"
        )
    return files


@contextlib.contextmanager
def _running(commands: dict[str, list[str]], answering: dict[str, tuple[int, str]]) -> Iterator[None]:
    """Run programs until the block ends; wait first until each responds at its port and path."""
    with contextlib.ExitStack() as stack:
        log = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oneseat-logs-")))
        processes = {}
        for name, command in commands.items():
            file = stack.enter_context((log / name).open("wb"))
            processes[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
            )
            stack.callback(_stop, processes[name])
        for name, (port, path) in answering.items():
            deadline = time.monotonic() + 60
            while not _answers(port, path):
                assert processes[name].poll() is None, (log / name).read_text()[-2000:]
                assert time.monotonic() < deadline, (log / name).read_text()[-2000:]
                time.sleep(0.05)
        yield


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for free in sockets:
            free.bind(("127.0.0.1", 0))
        return [free.getsockname()[1] for free in sockets]
