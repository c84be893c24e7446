from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from signing.authority.keys import KeyRing
from signing.clock import FixedClock
from tests.portal.world import INSIDE, Keys, Running, World, running
from tests.signing.signed_files import Base, Workshop

BOTH_PATHS = {
    "test_login",
    "test_challenge",
    "test_activation",
    "test_refusals",
    "test_calling",
    "test_openapi",
}
"""What the fast path must not change: these tests run with it and without it."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of BOTH_PATHS that have a world once for each setting of ``fast_path``."""
    name = metafunc.module.__name__.rpartition(".")[2]
    if name in BOTH_PATHS and "fast_path" in metafunc.fixturenames:
        metafunc.parametrize("fast_path", [True, False], ids=["fast", "plain"], scope="module")


@pytest.fixture(scope="session", autouse=True)
def _derive_once() -> Iterator[None]:
    """Rings are opened for every test: scrypt, slow on purpose, runs once per salt and passphrase."""
    derived: dict[tuple[bytes, bytes], bytes] = {}
    derive = KeyRing._wrapping_key

    def remembered(ring: KeyRing, salt: bytes) -> bytes:
        asked = (salt, ring._passphrase)
        if asked not in derived:
            derived[asked] = derive(ring, salt)
        return derived[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeyRing, "_wrapping_key", remembered)
        yield


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    workshop = Workshop.make(tmp_path_factory.mktemp("portal-workshop"))
    return workshop.base(workshop.signed("amd64-unicode", "portal"))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys.make(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, keys: Keys, base: Base) -> Path:
    """The folder of a published exam of eight people, to be copied."""
    made = World(tmp_path_factory.mktemp("published"), keys, base).publish_everything()
    made.database.close()
    return made.folder


@pytest.fixture(scope="session")
def fast_path() -> bool:
    """Whether the portal takes the fast path; both ways in the files of BOTH_PATHS."""
    return True


@pytest.fixture
def world(tmp_path: Path, published: Path, keys: Keys, base: Base, fast_path: bool) -> Iterator[World]:
    """A published exam of eight people."""
    shutil.copytree(published, tmp_path / "exam")
    made = World(tmp_path / "exam", keys, base, fast_path=fast_path)
    yield made
    made.database.close()


@pytest.fixture
def portal(world: World) -> Iterator[Running]:
    """Its portal, inside the download window."""
    with running(world.settings(), FixedClock(INSIDE)) as portal:
        yield portal
