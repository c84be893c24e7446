"""Fixtures: buckets, and stores in them, on two S3 servers that are started on demand."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from oneseat.store.address import S3Address
from oneseat.store.s3 import S3Store
from oneseat.store.s3_bucket import MIB, TransferOptions
from tests.fault_proxy import FaultProxy, fault_proxy
from tests.s3_servers import S3Server, create_loader_once, moto, swift

SMALL = TransferOptions(single_put_max_bytes=MIB, part_bytes=5 * MIB, attempts=3, outage_s=0)
"""Multipart uploads begin at a size that tests can afford to send."""
_numbers = itertools.count()


class Bucket:
    """A new bucket for one test, and stores in it."""

    def __init__(self, server: S3Server, cache: Path) -> None:
        self.server = server
        self.name = f"test-{next(_numbers)}"
        self.cache = cache
        server.make_bucket(self.name)

    def store(self, *, through: str | None = None, prefix: str = "some/where", more: str = "") -> S3Store:
        address = S3Address.parse(self.server.address(self.name, prefix, through) + more)
        return S3Store(address, self.cache, SMALL)


@pytest.fixture(scope="session", autouse=True)
def _models_read_once() -> Iterator[None]:
    """All sessions of this process share what boto3 has read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", create_loader_once)
        yield


@pytest.fixture(scope="session")
def swift_server() -> Iterator[S3Server]:
    with swift() as server:
        yield server


@pytest.fixture(scope="session")
def moto_server() -> Iterator[S3Server]:
    with moto() as server:
        yield server


def _bucket(server: S3Server, tmp_path: Path, patch: pytest.MonkeyPatch) -> Bucket:
    for name, value in server.environment.items():
        patch.setenv(name, value)
    patch.delenv("AWS_SESSION_TOKEN", raising=False)
    patch.delenv("AWS_PROFILE", raising=False)
    return Bucket(server, tmp_path / "cache")


@pytest.fixture
def swift_bucket(swift_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return _bucket(swift_server, tmp_path, monkeypatch)


@pytest.fixture
def moto_bucket(moto_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    return _bucket(moto_server, tmp_path, monkeypatch)


@pytest.fixture(params=["swift", "moto"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    """A bucket on each kind of server in turn."""
    bucket: Bucket = request.getfixturevalue(f"{request.param}_bucket")
    return bucket


@pytest.fixture
def proxied(bucket: Bucket) -> Iterator[tuple[S3Store, FaultProxy]]:
    """A store that is reached through a fault-injecting proxy."""
    with contextlib.ExitStack() as stack:
        proxy = stack.enter_context(fault_proxy(bucket.server.url))
        yield bucket.store(through=proxy.url), proxy
