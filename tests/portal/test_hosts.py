"""Several exams under one portal: by path where they share a host, alone where a host is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from pydantic import ValidationError

from oneseat.portal.settings import PortalSettings
from oneseat.state.publishing import charters as charter_state
from signing.authority.signer import sign_token
from signing.charter import TYP
from signing.clock import FixedClock
from signing.text import Text
from tests import charters
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running, running

OTHER = "other"
OWN, SHARED = "vict.one.example", "portal.example"


@pytest.fixture
def two(exam: PublishedExam) -> PublishedExam:
    """The exam, with a second exam published beside the first."""
    charter = replace(exam.charter, exam=OTHER, title=Text("Another interview", "另一场面试"))
    token = sign_token(exam.keys.authority.signer("root"), TYP, charter.claims())
    with exam.database.writing() as connection:
        charter_state.publish(connection, OTHER, 1, token, charters.at(2, 0))
    return exam


def settings(exam: PublishedExam, first: tuple[str, ...], second: tuple[str, ...]) -> PortalSettings:
    exams = (exam.exam_settings(hosts=first), exam.exam_settings(exam=OTHER, hosts=second))
    return exam.settings(exams=exams)


@pytest.fixture
def by_path(two: PublishedExam) -> Iterator[Running]:
    with running(settings(two, (), ()), FixedClock(INSIDE)) as portal:
        yield portal


@pytest.fixture
def by_host(two: PublishedExam) -> Iterator[Running]:
    with running(settings(two, (OWN, "www.one.example"), ()), FixedClock(INSIDE)) as portal:
        yield portal


def get(portal: Running, path: str, host: str) -> httpx.Response:
    return httpx.get(portal.url + path, headers={"host": host}, trust_env=False)


def test_exams_that_share_a_host_are_told_apart_by_path(by_path: Running, two: PublishedExam) -> None:
    start = get(by_path, "/", SHARED)
    assert start.status_code == 200
    for exam, title in ((EXAM, two.charter.title.zh), (OTHER, "另一场面试")):
        assert f'href="/e/{exam}/"' in start.text
        assert f"<h1>{title}</h1>" in get(by_path, f"/e/{exam}/", SHARED).text


@pytest.mark.parametrize("host", [OWN, "www.one.example", f"{OWN}:8443", "VICT.One.Example", f"{OWN}."])
def test_at_its_own_host_an_exam_stands_alone(by_host: Running, host: str) -> None:
    assert get(by_host, "/", host).headers["location"] == f"/e/{EXAM}/"
    assert get(by_host, f"/e/{EXAM}/", host).status_code == 200
    for path in (f"/e/{OTHER}/", f"/api/v1/exams/{OTHER}/charter"):
        assert get(by_host, path, host).status_code == 404


@pytest.mark.parametrize("host", [SHARED, "127.0.0.1", f"x{OWN}", f"{OWN}.evil.example"])
def test_at_other_hosts_it_is_not_served(by_host: Running, host: str) -> None:
    assert get(by_host, f"/e/{OTHER}/", host).status_code == 200
    for path in (f"/e/{EXAM}/", f"/api/v1/exams/{EXAM}/charter"):
        refused = get(by_host, path, host)
        assert refused.status_code == 404
        assert "OS-176" in refused.text


def test_the_download_is_offered_at_the_host_that_was_asked(by_host: Running, two: PublishedExam) -> None:
    answer = httpx.post(
        f"{by_host.url}/api/v1/exams/{EXAM}/authenticate",
        json=two.people[0].body(),
        headers={"host": f"{OWN}:8443"},
        trust_env=False,
    )
    assert answer.json()["download"]["url"].startswith(f"http://{OWN}:8443/api/v1/exams/{EXAM}/installers/")


def test_readiness_is_about_every_exam_whatever_the_host(by_host: Running) -> None:
    for host in (OWN, SHARED):
        answer = get(by_host, "/readyz", host)
        assert (answer.status_code, answer.json()["code"]) == (503, "OS-194")
        assert OTHER in answer.text, "the second exam has no release"


def test_a_session_of_one_exam_opens_no_other(by_path: Running, two: PublishedExam) -> None:
    with by_path.candidate(two.people[0]) as candidate:
        candidate.log_in()
        assert candidate.http.get(f"/e/{EXAM}/download").status_code == 200
        assert candidate.http.get(f"/e/{OTHER}/download").headers["location"] == f"/e/{OTHER}/"


@pytest.mark.parametrize("host", ["Vict.example", "a..b", "-a.example", "a.example:80", "a/b", "", "a" * 64])
def test_what_is_no_host_name_is_refused_in_the_settings(exam: PublishedExam, host: str) -> None:
    with pytest.raises(ValidationError):
        exam.exam_settings(hosts=(host,))
