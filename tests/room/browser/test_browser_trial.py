"""The health check's trial of a real browser: what it reports, what it keeps, and what no browser reports."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from oneseat.client.health.check import Unanswered
from oneseat.client.health.probes import Browser
from oneseat.client.local.room_profile import RoomProfile
from oneseat.client.sessions import browser_trial
from oneseat.client.sessions.browser_trial import BrowserTrials, TrialPage
from tests.chromium import CHROMIUM
from tests.client.simulated import RecordedOpener, SimulatedComputer
from tests.room.browser.own_browser import NEEDS_CHROMIUM

JTI = "a" * 32


class LiveOpener(RecordedOpener):
    """Starts real browsers."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: list[subprocess.Popen[bytes]] = []

    def start_browser(self, command: Sequence[str], *, minimised: bool) -> None:
        super().start_browser(command, minimised=minimised)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.processes.append(subprocess.Popen([*command, "--no-sandbox"], **quiet))  # type: ignore[call-overload]

    def end_browser(self, profile: Path) -> bool:
        self.wait()
        return super().end_browser(profile)

    def wait(self) -> None:
        """End what was started, as the test's end does."""
        for process in self.processes:
            process.terminate()
            process.wait(20)


class Holder:
    """Whose the profile is, as a test says."""

    is_free, is_held, asked = True, True, 0

    def hold_profile(self, jti: str) -> bool:
        return jti == JTI and self.is_free

    def holds_profile(self, _: str) -> bool:
        return self.is_held

    def release_profile(self, _: str) -> None:
        self.asked += 1


class Bench:
    """A trial on a simulated computer."""

    def __init__(self, folder: Path) -> None:
        self.opener, self.holder = LiveOpener(), Holder()
        self.profile = RoomProfile(SimulatedComputer(folder), JTI)
        self.trials = BrowserTrials(self.opener, self.profile, JTI, self.holder)

    def looks_for_its_mark(self, browser: Browser, *, forgotten: bool = False) -> bool:
        """Try the browser once more, until the port of the last page was free: a mark belongs to one origin.

        ``forgotten``: what the browser has kept is removed before.

        Between two trials any other test's connection may have been given that port; the trial then marks the
        profile anew, for its new port.
        """
        for _ in range(5):
            if forgotten:
                shutil.rmtree(self.profile.folder / "Default")
            trial = self.trials.run(browser)
            assert trial is not None
            if trial.keeps is not None:
                return trial.keeps
        raise AssertionError("the port of the last page was never free")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.opener.wait()


@pytest.mark.browser
@NEEDS_CHROMIUM[1]
def test_a_real_browser_reports_and_keeps_its_mark(bench: Bench) -> None:
    chromium = Browser("Chrome", CHROMIUM, (156, 0, 0, 0))
    first = bench.trials.run(chromium)
    assert first is not None and "vp8" in first.formats and first.writes and first.shares_screen
    assert first.quota_bytes > 0 and first.camera == first.microphone == "prompt"
    assert first.keeps is None and bench.holder.asked == 1
    [command] = bench.opener.browsers
    assert "--headless=new" in command and bench.opener.ended == [bench.profile.folder]
    assert bench.looks_for_its_mark(chromium) is True
    assert bench.looks_for_its_mark(chromium, forgotten=True) is False


def test_a_browser_that_does_not_come_is_no_answer_and_is_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_trial, "STARTS_WITHIN_S", 0.1)
    for browser in ("/bin/true", "/nowhere/browser"):
        with pytest.raises(Unanswered):
            bench.trials.run(Browser("Chrome", browser, (120,)))
    assert len(bench.opener.ended) == 2


def test_a_profile_in_use_is_left_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.holder.is_free = False
    assert bench.trials.run(Browser("Chrome", "/bin/true", (120,))) is None
    assert bench.opener.browsers == [] and not bench.profile.exists()
    bench.holder.is_free, bench.holder.is_held = True, False
    monkeypatch.setattr(browser_trial, "STARTS_WITHIN_S", 0.1)
    with pytest.raises(Unanswered):
        bench.trials.run(Browser("Chrome", "/bin/true", (120,)))
    assert bench.opener.ended == [], "an entry has the profile now: its window is not ended"


@pytest.fixture
def page() -> Iterator[TrialPage]:
    with contextlib.closing(TrialPage()) as page:
        yield page


def test_the_page_is_served_once(page: TrialPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_trial, "REPORTS_WITHIN_S", 0.1)
    assert httpx.get(page.url + "x").status_code == 404
    assert httpx.get(page.url, headers={"host": "evil.example"}).status_code == 404
    assert httpx.post(page.url, content=b"x" * 5000).status_code == 404
    answer = httpx.get(page.url)
    assert answer.status_code == 200 and "connect-src 'self'" in answer.headers["content-security-policy"]
    assert httpx.get(page.url).status_code == 404
    assert page.wait() is None, "it was fetched and does not report"
    assert httpx.post(page.url, content=b"[]").status_code == 204
    assert page.wait() is None, "a report of another form is none"


def test_a_port_that_is_taken_is_not_waited_for(page: TrialPage) -> None:
    with contextlib.closing(TrialPage(page.port)) as other:
        assert other.port != page.port
