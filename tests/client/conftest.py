from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest

from tests.client.simulated import Authority, Desk, Portal


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def portal(authority: Authority) -> Iterator[Portal]:
    """A portal that answers; without it nothing listens at the charter's address."""
    with Portal(authority) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, authority: Authority) -> Desk:
    """A computer with the program installed and nobody enrolled, out of the portal's reach."""
    return Desk.at(tmp_path / "desk", authority)


@pytest.fixture
def online_desk(tmp_path: Path, authority: Authority, portal: Portal) -> Desk:
    """The same, and the portal answers."""
    return Desk.at(tmp_path / "desk", authority)


@pytest.fixture(scope="session")
def root() -> Iterator[Any]:
    """One Tk root for all: Tk aborts when a root is collected in another thread than its own."""
    tk = pytest.importorskip("tkinter")
    try:
        root = tk.Tk()
    except tk.TclError as fault:
        pytest.skip(f"no screen: {fault}")
    yield root
    root.destroy()
