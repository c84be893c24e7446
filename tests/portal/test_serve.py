"""The portal as a process: it announces itself, rehearses, logs in JSON and stops gracefully."""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import pytest

from oneseat.state.accounts.operators import Role
from oneseat.web import event_streams
from oneseat.web.serving import clock_at
from signing.clock import FixedClock
from tests.portal.desk.desk_browser import HOME, DeskBrowser, hire
from tests.portal.published_exam import EXAM, INSIDE, OPENS, PASSPHRASE, Keys, PublishedExam, Running
from tests.signing.signed_files import Base
from tests.simulator import Candidate

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from oneseat.portal.serve import serve
from oneseat.portal.settings import PortalSettings
settings = PortalSettings.model_validate_json(sys.stdin.read())
serve(settings, "127.0.0.1", 0, on_ready=lambda url: (sys.stdout.write(url + "\\n"), sys.stdout.flush()))
"""


class Process:
    """A portal in a process of its own."""

    def __init__(self, exam: PublishedExam, rehearse_at: str | None, *command: str, **more: object) -> None:
        settings = {
            "exams": [{**exam.exam_settings().model_dump(mode="json"), "passphrase": PASSPHRASE.decode()}],
            "rehearse_at": rehearse_at,
            "refusal_floor_s": 0,
            **more,
        }
        self.process = subprocess.Popen(
            [sys.executable, *(command or ("-c", PROGRAM))],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(settings))
        self.process.stdin.close()
        self.url = self.process.stdout.readline().strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def said(self) -> str:
        """What it logged, once it has stopped."""
        assert self.process.stderr is not None
        text = self.process.stderr.read()
        self.process.wait(timeout=30)
        return text


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_it_rehearses_serves_and_finishes_a_running_download_before_it_stops(
    tmp_path: Path, base: Base
) -> None:
    keys = Keys.make(tmp_path / "keys", rehearsal=True)
    exam = PublishedExam(tmp_path, keys, base, rehearsal=True).publish_everything()
    with (
        Process(exam, INSIDE.isoformat()) as portal,
        Candidate(portal.url, EXAM, exam.people[0]) as candidate,
    ):
        granted = candidate.session()
        bearer = {"authorization": f"Bearer {granted['session']}"}
        url = httpx.URL(granted["download"]["url"]).raw_path.decode()
        with candidate.http.stream("GET", url, headers=bearer) as answer:
            pieces = answer.iter_bytes(1024)
            first = next(pieces)
            portal.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            whole = first + b"".join(pieces)
        lines = [json.loads(line) for line in portal.said().splitlines()]
    assert portal.process.returncode == 0
    assert whole == exam.stamped(exam.people[0])
    assert [line["event"] for line in lines if line["logger"] == "portal.serve"] == ["serving", "stopped"]
    assert all(line["mark"] == "REHEARSAL" for line in lines)
    assert all(str(line["time"]).startswith("2035-01-04T") for line in lines), "the rehearsed clock runs"
    exam.database.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_it_ends_live_streams_when_it_is_to_stop(exam: PublishedExam) -> None:
    hire(exam, "wei", Role.VIEWER)
    with Process(exam, None) as portal, DeskBrowser(portal) as desk:
        desk.log_in("wei")
        with desk.http.stream("GET", f"{HOME}live") as answer:
            lines = (line for line in answer.iter_lines() if line)
            assert next(lines) == "retry: 2000", "the browser comes again soon"
            assert next(lines).startswith("data: ")
            stopping = time.monotonic()
            portal.process.send_signal(signal.SIGTERM)
            assert list(lines) == []
        assert portal.process.wait(timeout=30) == 0
    assert time.monotonic() - stopping < event_streams.LIFE_S / 3


def test_one_file_on_the_command_line_starts_a_portal_of_its_exams(
    exam: PublishedExam, tmp_path: Path
) -> None:
    one = exam.exam_settings()
    (tmp_path / "pass").write_bytes(PASSPHRASE)
    (tmp_path / "portal.toml").write_text(
        f"""
        [[exams]]
        exam = "{EXAM}"
        keys = "{one.keys}"
        passphrase_file = "pass"
        root_public_key = "{one.root_public_key}"
        state = "{one.state}"
        store = "{one.store}"
        hosts = ["own.example"]
        """,
        "utf-8",
    )
    file = str(tmp_path / "portal.toml")
    with Process(exam, None, "build.py", "portal", "serve", "--settings", file, "--port", "0") as portal:
        url = portal.url.removeprefix("Serving at ")
        own = httpx.get(url, headers={"host": "own.example"}, trust_env=False)
        other = httpx.get(f"{url}/e/{EXAM}/", trust_env=False)
    assert own.headers["location"] == f"/e/{EXAM}/"
    assert other.status_code == 404


def test_a_refused_start_leaves_no_listener_and_says_why(exam: PublishedExam) -> None:
    with Process(exam, INSIDE.isoformat()) as portal:
        assert portal.url == ""
        assert "RehearsalRefused" in portal.said()
        assert portal.process.returncode != 0


def test_the_rehearsed_clock_starts_where_it_is_told_and_the_real_one_is_left_alone(
    exam: PublishedExam,
) -> None:
    base = FixedClock(OPENS)
    rehearsed = clock_at(exam.settings(rehearse_at=INSIDE).rehearse_at, base)
    assert rehearsed.now() == INSIDE
    base.at = OPENS.replace(minute=1)
    assert (rehearsed.now() - INSIDE).total_seconds() == 60
    assert clock_at(exam.settings().rehearse_at, base) is base


def test_small_answers_do_not_wait_for_delayed_acknowledgements(portal: Running) -> None:
    with httpx.Client(base_url=portal.url) as client:
        client.get("/healthz")
        waits = [client.get("/healthz").elapsed.total_seconds() for _ in range(41)]
        assert statistics.median(waits) < 0.035, "an acknowledgement is delayed by 0.04 s"


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://portal.example", True),
        ("http://127.0.0.1:8000", True),
        ("http://localhost:1", True),
        ("http://[::1]:1", True),
        ("http://portal.example", False),
        ("http://127.0.0.1.example", False),
        ("ftp://portal.example", False),
        ("https://portal.example/path", False),
        ("portal.example", False),
    ],
)
def test_plain_http_is_for_loopback_only(exam: PublishedExam, url: str, fits: bool) -> None:
    if fits:
        assert exam.settings(public_url=url).secure == url.startswith("https")
    else:
        with pytest.raises(ValueError, match=r"http|scheme"):
            exam.settings(public_url=url)
