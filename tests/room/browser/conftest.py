"""The studio in which the recorder is tried: one for a file, since a browser takes a second to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.room.browser.studio import Studio


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def studio_of_file(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(playwright, tmp_path_factory.mktemp("studio"))
    yield studio
    studio.close()


@pytest.fixture
def studio(studio_of_file: Studio, request: pytest.FixtureRequest) -> Iterator[Studio]:
    studio_of_file.begin(request.node.name)
    yield studio_of_file
    studio_of_file.end()
