from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from oneseat.state.accounts.operators import Role
from tests.portal.desk.desk_browser import DeskBrowser, hire
from tests.portal.published_exam import PublishedExam, Running


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
