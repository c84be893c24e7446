"""A logout ends the login at the server: what a browser kept from before it opens nothing."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from signing.clock import FixedClock
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running, running
from tests.simulator import Candidate, form_token


@pytest.fixture
def portal(on_either: PublishedExam) -> Iterator[Running]:
    """A portal on either database."""
    with running(on_either.settings(), FixedClock(INSIDE)) as served:
        yield served


def log_out(candidate: Candidate) -> None:
    page = candidate.http.get(f"/e/{EXAM}/download")
    candidate.http.post(f"/e/{EXAM}/logout", data={"form_token": form_token(page)})


def test_a_kept_cookie_opens_nothing_after_the_logout(portal: Running, on_either: PublishedExam) -> None:
    owner, other = on_either.people[:2]
    with portal.candidate(owner) as candidate, portal.candidate(other) as neighbour:
        neighbour.log_in()
        candidate.log_in()
        kept = candidate.http.cookies[f"oneseat-{EXAM}"]
        log_out(candidate)
        for headers in ({"cookie": f"oneseat-{EXAM}={kept}"}, {"authorization": f"Bearer {kept}"}):
            page = httpx.get(f"{portal.url}/e/{EXAM}/download", headers=headers)
            assert (page.status_code, page.headers["location"]) == (303, f"/e/{EXAM}/")
            seat = httpx.get(f"{portal.url}{candidate.api}/seats/{on_either.jti(owner)}", headers=headers)
            assert seat.json()["code"] == "OS-175"
        assert neighbour.http.get(f"/e/{EXAM}/download").status_code == 200, "others stay logged in"


def test_a_logout_ends_the_seats_sessions_everywhere_and_its_links(
    portal: Running, on_either: PublishedExam
) -> None:
    owner = on_either.people[0]
    with portal.candidate(owner) as here, portal.candidate(owner) as there:
        session = there.session()
        bearer = {"authorization": f"Bearer {session['session']}"}
        path = httpx.URL(session["download"]["url"]).path
        link = httpx.URL(there.http.post(f"{path}/links", headers=bearer).json()["url"]).raw_path.decode()
        assert there.http.head(link).status_code == 200
        here.log_in()
        log_out(here)
        assert there.http.get(path, headers=bearer).json()["code"] == "OS-175"
        assert there.http.get(link).json()["code"] == "OS-224"


def test_after_a_logout_a_login_counts_again_in_the_same_moment(
    portal: Running, on_either: PublishedExam
) -> None:
    with portal.candidate(on_either.people[0]) as candidate:
        for _ in range(3):
            assert candidate.log_in().url.path == f"/e/{EXAM}/download"
            log_out(candidate)
        session = candidate.session()["session"]
        seat = f"{candidate.api}/seats/{on_either.jti(candidate.person)}"
        answer = candidate.http.get(seat, headers={"authorization": f"Bearer {session}"})
        assert answer.status_code == 200


def test_who_has_no_session_logs_nobody_out(portal: Running, on_either: PublishedExam) -> None:
    with portal.candidate(on_either.people[0]) as candidate, portal.candidate(candidate.person) as stranger:
        candidate.log_in()
        page = stranger.http.get(f"/e/{EXAM}/")
        for session in ("", "nonsense"):
            stranger.http.cookies.set(f"oneseat-{EXAM}", session)
            sent = stranger.http.post(f"/e/{EXAM}/logout", data={"form_token": form_token(page)})
            assert sent.status_code == 303
        assert candidate.http.get(f"/e/{EXAM}/download").status_code == 200
