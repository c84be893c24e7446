"""What all tests share: Hypothesis profiles, one key derivation, databases without syncs, a screen."""

from __future__ import annotations

import functools
import secrets
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from oneseat.state import database
from signing.authority import keys
from signing.authority.keys import KeyRing
from signing.errors import OneSeatError
from tests.derived_keys import derive_once
from tests.effort import LONG, examples
from tests.facts import unfit
from tests.postgres import Cluster, cluster

# Properties are judged by what they say, not by how fast a busy machine says it. In the ordinary run the
# examples are the same each time, so that a failure comes from a change; the long run draws new ones.
settings.register_profile(
    "test",
    deadline=None,
    max_examples=examples(100),
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "long",
    deadline=None,
    max_examples=examples(100),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("long" if LONG else "test")

pytest_plugins = [
    "tests.buckets",
    "tests.distribution",
    "tests.garbage",
    "tests.pages_once",
    "tests.reflection_once",
    "tests.schema_replay",
    "tests.statements_once",
]


class _SameSalts:
    """Replaces the module ``secrets`` where key rings are written: one salt for all, the rest random."""

    def __init__(self, salt: bytes) -> None:
        self.salt = salt

    def token_bytes(self, count: int) -> bytes:
        """The salt, or other random bytes."""
        return self.salt if count == len(self.salt) else secrets.token_bytes(count)

    def __getattr__(self, name: str) -> Any:
        return getattr(secrets, name)


@pytest.fixture(scope="session", autouse=True)
def _derive_once() -> Iterator[None]:
    """Derive keys once per passphrase and salt, and use one salt for all rings: scrypt is slow on purpose.

    Processes that tests start read such rings as any others.
    """
    salt = secrets.token_bytes(keys._SALT_BYTES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeyRing, "_wrapping_key", derive_once)
        patch.setattr(keys, "secrets", _SameSalts(salt))
        yield


@pytest.fixture(scope="session", autouse=True)
def _sqlite_unsynced() -> Iterator[None]:
    """SQLite leaves it to the kernel when to write, as the PostgreSQL server of the tests does.

    The kernel outlives any process that a test kills. Processes that tests start sync as in production.
    """
    prepare = database._prepare_sqlite

    def unsynced(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_prepare_sqlite", unsynced)
        yield


@pytest.fixture(scope="session", autouse=True)
def _authorities_read_once() -> Iterator[None]:
    """HTTP clients with equal TLS settings share a context: reading the list of authorities takes 20 ms."""
    if "httpx" not in sys.modules:  # none of the collected tests is a client, and to load it takes 0.3 s
        yield
        return
    import httpx

    cached = functools.cache(httpx.create_ssl_context)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", cached)
        yield


@pytest.fixture(autouse=True)
def _facts_in_two_languages(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail a test in whose process a refusal was made with a fact that is English in the Chinese sentence."""
    if request.node.get_closest_marker("any_content"):
        yield
        return
    make, faults = OneSeatError.__init__, []

    def made(error: OneSeatError, **facts: object) -> None:
        make(error, **facts)
        faults.extend(unfit(error))

    monkeypatch.setattr(OneSeatError, "__init__", made)
    yield
    assert not faults


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One PostgreSQL server for the whole run; each test has a schema of its own in it."""
    with cluster() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _own_screen(request: pytest.FixtureRequest) -> Iterator[None]:
    """A virtual screen for each test process that may open windows, so that none takes another's focus."""
    from tests.distribution import needs_screen  # here: pytest rewrites what it has not imported yet

    if not any(needs_screen(item) for item in request.session.items) or not shutil.which("Xvfb"):
        yield
        return
    from tests.e2e.wine import Screen  # here: it loads what only these tests need

    screen = Screen.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", screen.display)
        yield
    screen.stop()
