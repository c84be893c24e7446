"""Metrics are true, hold no personal data, and are refused to networks that are not listed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import ASGIApp, Message

from oneseat.portal.http import metrics
from oneseat.web.metrics import is_private_host
from signing.clock import FixedClock
from signing.text import Text
from tests.portal.published_exam import CLOSES, EXAM, INSIDE, PublishedExam, Running, running
from tests.simulator import Candidate

INSTALLERS = "/api/v1/exams/{exam}/installers/{jti}"


class Figures:
    """A portal's metrics at one moment."""

    def __init__(self, portal: Running, **headers: str) -> None:
        answer = httpx.get(f"{portal.url}/metrics", headers=headers, trust_env=False)
        assert answer.status_code == 200, answer.text
        self.text = answer.text
        self._samples = [
            sample for family in text_string_to_metric_families(answer.text) for sample in family.samples
        ]

    def of(self, name: str, **labels: str) -> float:
        """The sum of a metric over all samples with these labels."""
        found = [
            one.value for one in self._samples if one.name == name and labels.items() <= one.labels.items()
        ]
        return sum(found)


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1:8765", True),
        ("[::1]:8765", True),
        ("::1", True),
        ("10.0.0.7", True),
        ("localhost:8765", True),
        ("portal-1", True),
        ("portal.internal:9090", True),
        ("portal.example", True),
        ("stranger.example", False),
        ("stranger.example:8765", False),
        ("127.0.0.1.stranger.example", False),
        ("internal.stranger.example.", False),
        ("", False),
    ],
)
def test_a_host_is_private_where_no_stranger_can_own_its_name(host: str, private: bool) -> None:
    assert is_private_host(host, "Portal.example") == private


def test_a_page_whose_domain_points_at_the_portal_reads_no_metrics(portal: Running) -> None:
    for host, status in (("stranger.example", 404), ("localhost", 200)):
        assert httpx.get(f"{portal.url}/metrics", headers={"host": host}).status_code == status


def test_requests_refusals_bytes_and_seats_are_counted(
    portal: Running, exam: PublishedExam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "COUNT_INTERVAL_S", 0)
    before = Figures(portal)
    with portal.candidate(exam.people[0]) as candidate:
        candidate.download(tmp_path / "mine.exe")
        assert candidate.authenticate(name="别人").status_code == 401
        candidate.activated(exam.licence(exam.people[0]))
    after = Figures(portal)
    assert after.of("oneseat_requests_total", route="/api/v1/exams/{exam}/authenticate", status="200") == 1
    assert after.of("oneseat_requests_total", route="/api/v1/exams/{exam}/authenticate", status="401") == 1
    assert after.of("oneseat_refusals_total", code="OS-170") == 1
    assert (
        after.of("oneseat_answered_bytes_total", route=INSTALLERS) == (tmp_path / "mine.exe").stat().st_size
    )
    assert after.of("oneseat_request_seconds_count", route=INSTALLERS) == 1
    for stage, grown in {"downloaded": 1, "activated": 1, "published": 0, "mock_taken": 0}.items():
        counts = [one.of("oneseat_seats", exam=EXAM, stage=stage) for one in (before, after)]
        assert counts[1] - counts[0] == grown, stage
    assert after.of("oneseat_seats", stage="published") == len(exam.people)
    assert after.of("oneseat_charter_version", exam=EXAM) == exam.charter.version


async def fetched(app: ASGIApp, path: str, bearer: str, looks: Callable[[], float]) -> list[float]:
    """Fetch over ASGI itself; what ``looks`` saw at every piece of the body, and after the last."""
    seen: list[float] = []
    headers = [(b"authorization", bearer.encode()), (b"host", b"127.0.0.1")]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}

    async def receive() -> Message:
        return {"type": "http.disconnect"} if seen else {"type": "http.request"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            seen.append(looks())

    await app(scope, receive, send)
    return [*seen, looks()]


def test_a_running_download_is_seen_running_and_then_is_not(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        granted = candidate.session()
    path = httpx.URL(granted["download"]["url"]).path
    registry = portal.app.state.metrics.registry

    def running_downloads() -> float:
        return registry.get_sample_value("oneseat_answers_running", {"route": INSTALLERS}) or 0

    seen = asyncio.run(fetched(portal.app, path, f"Bearer {granted['session']}", running_downloads))
    assert len(seen) > 2
    assert set(seen[:-1]) == {1}
    assert seen[-1] == 0


def test_the_window_and_maintenance_show(portal: Running) -> None:
    assert Figures(portal).of("oneseat_download_open", exam=EXAM) == 1
    portal.at(CLOSES)
    closed = Figures(portal)
    assert closed.of("oneseat_download_open", exam=EXAM) == 0
    assert closed.of("oneseat_maintenance", exam=EXAM) == 0
    assert closed.of("oneseat_exam_readable", exam=EXAM) == 1


def test_no_person_no_path_and_no_address_is_in_them(portal: Running, exam: PublishedExam) -> None:
    person = exam.people[0]
    with portal.candidate(person) as candidate:
        candidate.session()
        candidate.http.get(f"/e/{EXAM}/{person.admission_number}")
        candidate.http.get(f"/api/v1/exams/{person.id_number}/charter")
    text = Figures(portal).text
    for secret in (person.name, person.id_number, person.admission_number, exam.jti(person), "127.0.0.1"):
        assert secret not in text
    assert set(re.findall(r'route="([^"]*)"', text)) <= {
        "unmatched",
        "/metrics",
        "/api/v1/exams/{exam}/authenticate",
        "/api/v1/exams/{exam}/charter",
    }


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        ({}, {}, 200),
        ({}, {"x-forwarded-for": "203.0.113.9"}, 404),  # a proxy stands before it, and nobody said so
        ({"trusted_proxies": ("127.0.0.1",)}, {"x-forwarded-for": "203.0.113.9"}, 404),
        ({"trusted_proxies": ("127.0.0.1",)}, {"x-forwarded-for": "127.0.0.1"}, 200),
        ({"trusted_proxies": ("127.0.0.1",)}, {}, 200),
        ({"metrics_from": ("198.51.100.0/24",)}, {}, 404),
        (
            {"metrics_from": ("203.0.113.0/24",), "trusted_proxies": ("127.0.0.1",)},
            {"x-forwarded-for": "203.0.113.9"},
            200,
        ),
        ({"metrics_from": ("2001:db8::/32",)}, {}, 404),
    ],
)
def test_who_may_read_them(
    exam: PublishedExam, settings: dict[str, tuple[str, ...]], headers: dict[str, str], status: int
) -> None:
    with running(exam.settings(**settings), FixedClock(INSIDE)) as portal:
        answer = httpx.get(f"{portal.url}/metrics", headers=headers, trust_env=False)
    assert answer.status_code == status
    assert ("oneseat_requests" in answer.text) == (status == 200)


def test_an_exam_whose_state_is_gone_says_so_and_the_rest_still_answers(
    exam: PublishedExam, portal: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "COUNT_INTERVAL_S", 0)
    served = portal.app.state.portal.exams[EXAM]
    with Candidate(portal.url, EXAM, exam.people[0]):
        monkeypatch.setattr(type(served.database), "reading", _unavailable)
        figures = Figures(portal)
    assert figures.of("oneseat_exam_readable", exam=EXAM) == 0
    assert figures.of("oneseat_requests_total") >= 0


def _unavailable(_database: object) -> None:
    from oneseat.state.errors import StateUnavailable

    raise StateUnavailable(where="somewhere", reason=Text("gone", "没有了"), mend=Text("look", "请查看"))
