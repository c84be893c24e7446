"""A stranger who knows an admission number keeps its owner from nothing, however long and from wherever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import httpx
import pytest

from oneseat.portal.rules.rate_limits import FREE_FAILURES, POLL_COST
from oneseat.portal.tokens.signed_values import KNOWN_BROWSER_LIFE
from signing.clock import FixedClock
from tests.effort import LONG
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running, running
from tests.portal.test_challenge import at, block, solved
from tests.simulator import Candidate, Device, Person

HOME, ELSEWHERE = "198.51.100.1", "203.0.113.9"
POLLED_S = 240 if LONG else 120
"""Seconds of polling; after the first minute the budgets of seat and address are spent."""


@pytest.fixture
def portal(on_either: PublishedExam) -> Iterator[Running]:
    """A portal on either database, which believes the test about addresses."""
    settings = on_either.settings(trusted_proxies=("127.0.0.0/8",))
    with running(settings, FixedClock(INSIDE)) as served:
        yield served


class Poller:
    """A stranger with an installer of their own, who polls login and activation for another's number."""

    def __init__(self, portal: Running, exam: PublishedExam, victim: Person, addresses: list[str]) -> None:
        self._portal = portal
        self._addresses = addresses
        self._own = exam.people[1]
        self._licence = exam.licence(self._own)
        self._victim = victim
        self.statuses: list[int] = []
        self.codes: list[str] = []
        self._turn = 0

    def poll(self, candidate: Candidate, seconds: int) -> None:
        """One wrong login and one activation in the victim's name each second."""
        for _ in range(seconds):
            self._turn += 1
            self._portal.at(self._portal.clock.at + SECOND)
            at(candidate, self._addresses[self._turn % len(self._addresses)])
            answer = candidate.authenticate(name="x", admission_number=self._victim.admission_number)
            self.statuses.append(answer.status_code)
            self.codes.append(answer.json()["code"])
            stolen = Person(self._own.name, self._own.id_number, self._victim.admission_number)
            body = Device().activation(candidate.nonce(), self._licence, stolen)
            assert candidate.http.post(f"{candidate.api}/activations", json=body).status_code in (403, 429)

    @property
    def looked_at(self) -> int:
        """How many of the logins were compared with the seat's identity."""
        return self.statuses.count(401)


def log_in_with_questions(portal: Running, candidate: Candidate) -> tuple[httpx.Response, int]:
    """Log in as a person would, answering what is asked; the last answer and the number of questions."""
    answer, asked = candidate.authenticate(), 0
    while "challenge" in answer.json() and asked < 5:
        asked += 1
        answer = candidate.authenticate(**solved(portal, answer))
    return answer, asked


@pytest.mark.parametrize(
    "addresses",
    [[ELSEWHERE], [HOME], [f"2001:db8:{block:x}::1" for block in range(POLLED_S)]],
    ids=["one address", "the owner's address", "many addresses"],
)
def test_polling_login_and_activation_keeps_the_owner_from_nothing(
    portal: Running, on_either: PublishedExam, addresses: list[str]
) -> None:
    owner = on_either.people[0]
    poller = Poller(portal, on_either, owner, addresses)
    with ExitStack() as kept:
        stranger = kept.enter_context(portal.candidate(owner))
        for _ in range(3):
            poller.poll(stranger, POLLED_S // 3)
            fresh = at(kept.enter_context(portal.candidate(owner)), HOME)
            answer, asked = log_in_with_questions(portal, fresh)
            assert (answer.status_code, answer.json().get("jti")) == (200, on_either.jti(owner))
            assert asked <= 1
        assert fresh.activate(on_either.licence(owner)).status_code == 200, "at the first try"
    assert poller.looked_at < 20


def test_a_poller_pays_more_than_the_address_earns(portal: Running, on_either: PublishedExam) -> None:
    """After the burst nothing of it is looked at, and the owner's plain login opens by itself."""
    owner = on_either.people[0]
    settings = on_either.settings()
    poller = Poller(portal, on_either, owner, [ELSEWHERE])
    with portal.candidate(owner) as stranger, portal.candidate(owner) as candidate:
        poller.poll(stranger, FREE_FAILURES + settings.address_burst // POLL_COST + 60)
        before = poller.looked_at
        poller.codes.clear()
        poller.poll(stranger, 120)
        assert set(poller.codes) == {"OS-172"}
        assert poller.looked_at == before
        portal.at(portal.clock.at + timedelta(minutes=15))
        assert at(candidate, HOME).authenticate().status_code == 200


def test_a_known_browser_needs_no_question_and_feels_no_limit(
    portal: Running, on_either: PublishedExam
) -> None:
    """Even a stranger at the owner's own address, who answers questions, does not delay it."""
    owner = on_either.people[0]
    with portal.candidate(owner) as browser, portal.candidate(owner) as stranger:
        at(browser, HOME).log_in()
        block(at(stranger, HOME), on_either)
        for _ in range(3):
            refused = stranger.authenticate()
            if "challenge" in refused.json():
                stranger.authenticate(name="别人", **solved(portal, refused))
        assert "challenge" not in stranger.authenticate().json(), "the second budget waits too"
        browser.http.cookies.delete(f"oneseat-{EXAM}")
        assert browser.log_in().url.path == f"/e/{EXAM}/download"
        for cookie in ("oneseat", "oneseat-known"):
            browser.http.cookies.delete(f"{cookie}-{EXAM}")
        assert browser.log_in().status_code == 429


def guesses_looked_at(browser: Candidate, owner: Person) -> int:
    """How many wrong logins for the owner's number the page compares, until it delays them."""
    browser.http.cookies.delete(f"oneseat-{EXAM}")
    wrong = {**owner.body(), "name": "别人"}
    count = 0
    while browser.log_in(**wrong).status_code == 401:
        count += 1
    return count


def test_a_known_browser_is_no_way_to_guess(portal: Running, on_either: PublishedExam) -> None:
    owner = on_either.people[0]
    with portal.candidate(owner) as browser:
        at(browser, HOME).log_in()
        assert guesses_looked_at(browser, owner) == 2 * FREE_FAILURES
        assert browser.log_in(name="别人").status_code == 429


@pytest.mark.parametrize("how", ["another seat's", "old", "forged"])
def test_a_cookie_that_does_not_verify_opens_nothing(
    portal: Running, on_either: PublishedExam, how: str
) -> None:
    owner, other = on_either.people[:2]
    cookie = f"oneseat-known-{EXAM}"
    with portal.candidate(other if how == "another seat's" else owner) as browser:
        at(browser, HOME).log_in()
        value = browser.http.cookies[cookie]
        browser.http.cookies.delete(cookie)
        browser.http.cookies.set(cookie, f"{value[:-4]}AAAA" if how == "forged" else value)
        if how == "old":
            portal.at(INSIDE + KNOWN_BROWSER_LIFE)
        assert guesses_looked_at(browser, owner) == FREE_FAILURES
