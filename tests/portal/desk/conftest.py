from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from argon2 import PasswordHasher

from oneseat.state.accounts import credentials
from oneseat.state.accounts.operators import Role
from tests.portal.desk.desk_browser import PASSWORD, DeskBrowser, hire
from tests.portal.published_exam import PublishedExam, Running


@pytest.fixture(scope="session", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    """Hashing is slow on purpose; what it promises is held by the state's own tests."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        patch.setattr(credentials, "_hasher", cheap)
        patch.setattr(credentials, "_DUMMY_HASH", cheap.hash(PASSWORD))
        patch.setattr("tests.portal.desk.desk_browser.HASHED", cheap.hash(PASSWORD))
        yield


@pytest.fixture
def staff(exam: PublishedExam, portal: Running) -> Iterator[Callable[[Role], DeskBrowser]]:
    """Opens a browser that an operator of some role has logged in with."""
    with ExitStack() as open_desks:

        def logged_in(role: Role) -> DeskBrowser:
            name = f"a-{role}"
            hire(exam, name, role)
            desk = open_desks.enter_context(DeskBrowser(portal))
            assert desk.log_in(name).status_code == 200
            return desk

        yield logged_in
