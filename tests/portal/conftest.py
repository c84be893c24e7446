from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn.server
from argon2 import PasswordHasher

from oneseat.portal.exam import overview
from oneseat.state.accounts import credentials
from signing.clock import FixedClock
from tests.portal.desk.desk_browser import PASSWORD
from tests.portal.published_exam import INSIDE, Keys, PublishedExam, Running, running
from tests.signing.apk_files import ApkSigner
from tests.signing.signed_files import Base, base_for_copies

BOTH_PATHS = {
    "test_login",
    "test_challenge",
    "test_activation",
    "test_rebinding",
    "test_refusals",
    "test_sdk_client",
    "test_strangers",
    "test_logout",
    "test_login_form",
    "test_strict_json",
}
"""What the fast path must not change: these tests run with it and without it."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of BOTH_PATHS that have a exam once for each setting of ``fast_path``."""
    name = metafunc.module.__name__.rpartition(".")[2]
    if name in BOTH_PATHS and "fast_path" in metafunc.fixturenames:
        metafunc.parametrize("fast_path", [True, False], ids=["fast", "plain"], scope="module")


@pytest.fixture(scope="session", autouse=True)
def _fresh_figures() -> Iterator[None]:
    """The desk's figures are read for each page, however busy the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overview, "QUICK_S", 60.0)
        yield


class _ShortSleeps:
    """Replaces the module ``asyncio`` where uvicorn's server loop sleeps, which it does for 100 ms at a time.

    In a test's process each portal would end two or three such sleeps after it was told to.
    """

    LONGEST_S = 0.005

    def sleep(self, delay: float) -> Any:
        return asyncio.sleep(min(delay, self.LONGEST_S))

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


@pytest.fixture(scope="session", autouse=True)
def _portals_stop_at_once() -> Iterator[None]:
    """Portals of the tests stop without a wait; those in processes of their own stop as in production."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", _ShortSleeps())
        yield


@pytest.fixture(scope="session", autouse=True)
def _passwords_hashed_cheaply() -> Iterator[None]:
    """Hashing is slow on purpose; what it promises is held by the state's own tests."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        patch.setattr(credentials, "_hasher", cheap)
        patch.setattr(credentials, "_DUMMY_HASH", cheap.hash(PASSWORD))
        patch.setattr("tests.portal.desk.desk_browser.HASHED", cheap.hash(PASSWORD))
        yield


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return base_for_copies(tmp_path_factory.mktemp("portal-base"))


@pytest.fixture(scope="session")
def apk_base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A base of the phone app."""
    signer = ApkSigner.make(tmp_path_factory.mktemp("portal-apk"))
    return signer.base(signer.signed("signed", "v2", "v3"))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys.make(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, keys: Keys, base: Base) -> Path:
    """The folder of a published exam of eight people, to be copied."""
    exam = PublishedExam(tmp_path_factory.mktemp("published"), keys, base).publish_everything()
    exam.database.close()
    return exam.folder


@pytest.fixture(scope="session")
def fast_path() -> bool:
    """Whether the portal takes the fast path; both ways in the files of BOTH_PATHS."""
    return True


@pytest.fixture
def exam(tmp_path: Path, published: Path, keys: Keys, base: Base, fast_path: bool) -> Iterator[PublishedExam]:
    """A published exam of eight people."""
    shutil.copytree(published, tmp_path / "exam")
    exam = PublishedExam(tmp_path / "exam", keys, base, fast_path=fast_path)
    yield exam
    exam.database.close()


@pytest.fixture
def portal(exam: PublishedExam) -> Iterator[Running]:
    """Its portal, inside the download window."""
    with running(exam.settings(), FixedClock(INSIDE)) as portal:
        yield portal


@pytest.fixture(params=["sqlite", "postgresql"])
def on_either(
    request: pytest.FixtureRequest, tmp_path: Path, keys: Keys, base: Base, fast_path: bool
) -> Iterator[PublishedExam]:
    """A published exam on either database."""
    with contextlib.ExitStack() as kept:
        state = None
        if request.param == "postgresql":
            state = kept.enter_context(request.getfixturevalue("postgres").schema())
        folder = tmp_path / "exam"
        made = PublishedExam(folder, keys, base, state=state, fast_path=fast_path).publish_everything()
        yield made
        made.database.close()
