"""One browser for all tests of the folder, computers of it for persons one by one; and the recorder's studio.

The browser ends with the folder's last test: while Playwright runs, its event loop keeps other tests from
running theirs. Tests that kill a browser, or look into its profile, start one themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from oneseat.room.services.page import beats
from tests.patience import PATIENCE_S
from tests.room.browser.browsing import Laptop, Visitor, visiting
from tests.room.browser.own_browser import browser_with_devices
from tests.room.browser.studio import Studio
from tests.room.held_exam import RunningRoom

expect.set_options(timeout=PATIENCE_S * 1000)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser with camera and screen."""
    with browser_with_devices(playwright) as started:
        yield started


@pytest.fixture(scope="package")
def laptop(browser: Browser) -> Laptop:
    """The computer of candidates."""
    return Laptop(browser)


@pytest.fixture(scope="package")
def office_laptop(browser: Browser) -> Laptop:
    """The computer of those who work in the room."""
    return Laptop(browser)


@pytest.fixture
def candidate(laptop: Laptop, room: RunningRoom) -> Iterator[Visitor]:
    """A candidate of the module's room, whose pages must neither fail nor ask anybody else."""
    yield from visiting(laptop, room)


@pytest.fixture
def candidate_with_own_clock(browser: Browser, room: RunningRoom) -> Iterator[Visitor]:
    """A candidate whose computer's clock the test sets: it stays so as long as that computer."""
    laptop = Laptop(browser)
    yield from visiting(laptop, room)
    laptop.close()


@pytest.fixture
def operator(office_laptop: Laptop) -> Iterator[Page]:
    """A page of somebody who works in the room, and has yet to enter it."""
    yield office_laptop.context.new_page()
    office_laptop.clear()


@pytest.fixture
def asked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates' pages ask the room each second, and so hear of what others do five times as soon."""
    monkeypatch.setattr(beats, "EVERY_S", 1)


@pytest.fixture(scope="module")
def studio_of_file(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The studio in which the recorder is tried: one for a file, since a browser takes a second to start."""
    studio = Studio(playwright, tmp_path_factory.mktemp("studio"))
    yield studio
    studio.close()


@pytest.fixture
def studio(studio_of_file: Studio, request: pytest.FixtureRequest) -> Iterator[Studio]:
    studio_of_file.begin(request.node.name)
    yield studio_of_file
    studio_of_file.end()
