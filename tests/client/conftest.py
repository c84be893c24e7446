from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest

from tests.client.simulated import Authority, Installation, Portal


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def portal(authority: Authority) -> Iterator[Portal]:
    """A running portal; without it nothing listens at the charter's address."""
    with Portal(authority) as running:
        yield running


@pytest.fixture
def installation(tmp_path: Path, authority: Authority) -> Installation:
    """An installation without enrolled seats, and without a portal."""
    return Installation.at(tmp_path / "computer", authority)


@pytest.fixture
def online_installation(tmp_path: Path, authority: Authority, portal: Portal) -> Installation:
    """An installation without enrolled seats, and a running portal."""
    return Installation.at(tmp_path / "computer", authority)


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
