"""Strangers who know an operator's name keep its owner from nothing, from however many addresses they try."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import httpx
import pytest

from oneseat.portal.desk import login, login_budgets
from oneseat.portal.rules.rate_limits import FREE_FAILURES
from oneseat.portal.tokens.signed_values import KNOWN_BROWSER_LIFE
from oneseat.state.accounts import operators
from oneseat.state.accounts.operators import Role
from signing.clock import FixedClock
from tests.portal.desk.desk_browser import HASHED, HOME, PASSWORD, DeskBrowser, code_of, hire
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running, running
from tests.portal.test_candidate_pages import Page
from tests.portal.test_challenge import answer_to
from tests.simulator import form_token

KNOWN = f"oneseat-desk-known-{EXAM}"
OFFICE = "198.51.100.1"
_NETWORKS = count(1)


@pytest.fixture
def portal(on_either: PublishedExam) -> Iterator[Running]:
    """A portal on either database, which believes the test about addresses; olga and wang work there."""
    hire(on_either, "olga", Role.SUPPORT)
    hire(on_either, "wang", Role.SUPPORT)
    settings = on_either.settings(trusted_proxies=("127.0.0.0/8",))
    with running(settings, FixedClock(INSIDE)) as served:
        yield served


def at(desk: DeskBrowser, address: str) -> DeskBrowser:
    desk.http.headers["x-forwarded-for"] = address
    return desk


def guess_each_second(portal: Running, seconds: int, name: str = "olga") -> list[str]:
    """Wrong passwords, each from a new /64; the refusals' codes."""
    codes = []
    with DeskBrowser(portal) as stranger:
        for _ in range(seconds):
            portal.at(portal.clock.at + SECOND)
            codes.append(code_of(at(stranger, f"2001:db8:0:{next(_NETWORKS):x}::1").log_in(name, "wrong")))
    return codes


def answered(desk: DeskBrowser, refused: httpx.Response, password: str = PASSWORD) -> httpx.Response:
    """Fill in the form of a refusal again, with the answer to its question."""
    asked = refused.text.partition('<label for="answer">')[2].partition("</label>")[0]
    fields = {field.get("name"): field.get("value") for field in Page(refused).all("input")}
    form = {"name": "olga", "password": password, "answer": str(answer_to(asked))}
    return desk.http.post(
        f"{HOME}login",
        data={**form, "challenge": str(fields["challenge"]), "form_token": form_token(refused)},
    )


def is_in(answer: httpx.Response) -> bool:
    return str(answer.url).endswith(HOME)


def test_a_guess_a_second_from_new_networks_does_not_keep_a_known_browser_out(portal: Running) -> None:
    with DeskBrowser(portal) as desk:
        assert is_in(at(desk, OFFICE).log_in("olga"))
        for _ in range(3):
            codes = guess_each_second(portal, 45)
            desk.send(HOME, f"{HOME}logout")
            before = desk.http.cookies[KNOWN]
            assert is_in(desk.log_in("olga")), "at the first try, without a question"
            assert desk.http.cookies[KNOWN] != before, "each login renews the cookie"
    assert codes.count("OS-206") < FREE_FAILURES
    assert codes[-1] == "OS-207"


def test_nor_a_new_browser_that_answers_one_question(portal: Running) -> None:
    for _ in range(3):
        guess_each_second(portal, 45)
        with DeskBrowser(portal) as desk:
            refused = at(desk, OFFICE).log_in("olga")
            assert (refused.status_code, code_of(refused)) == (429, "OS-207")
            assert is_in(answered(desk, refused))


def test_answers_do_not_let_guesses_run(portal: Running) -> None:
    guess_each_second(portal, 10)
    with DeskBrowser(portal) as stranger:
        refused = at(stranger, "203.0.113.9").log_in("olga", "wrong")
        codes = []
        while 'name="challenge"' in refused.text:
            again = answered(stranger, refused, "wrong")
            codes.append(code_of(again))
            refused = stranger.log_in("olga", "wrong")
    assert codes == ["OS-206", "OS-206"]


@pytest.mark.parametrize("ended", ["a new password", "a new code", "disabled", "old", "forged", "another's"])
def test_a_browser_stays_known_for_no_longer_than_the_account_is_the_same(
    portal: Running, on_either: PublishedExam, ended: str
) -> None:
    with DeskBrowser(portal) as desk:
        assert is_in(at(desk, OFFICE).log_in("wang" if ended == "another's" else "olga"))
        desk.send(HOME, f"{HOME}logout")
        with on_either.database.writing() as connection:
            if ended == "a new password":
                operators.set_password(connection, EXAM, "olga", HASHED)
            if ended == "a new code":
                operators.set_totp(connection, EXAM, "olga", None)
            if ended == "disabled":
                operators.set_disabled(connection, EXAM, "olga", INSIDE)
                operators.set_disabled(connection, EXAM, "olga", None)
        if ended == "old":
            portal.at(INSIDE + KNOWN_BROWSER_LIFE)
        if ended == "forged":
            value = desk.http.cookies[KNOWN]
            desk.http.cookies.delete(KNOWN)
            desk.http.cookies.set(KNOWN, f"{value[:-4]}AAAA")
        guess_each_second(portal, 10)
        assert code_of(desk.log_in("olga")) == "OS-207"


def test_a_known_browser_is_slowed_as_a_name_is(portal: Running) -> None:
    with DeskBrowser(portal) as desk:
        at(desk, OFFICE).log_in("olga")
        desk.send(HOME, f"{HOME}logout")
        guess_each_second(portal, 10)
        codes = [code_of(desk.log_in("olga", "wrong")) for _ in range(FREE_FAILURES + 1)]
        assert codes == ["OS-206"] * FREE_FAILURES + ["OS-207"]
        portal.at(portal.clock.at + timedelta(minutes=1))
        guess_each_second(portal, 2)
        assert is_in(desk.log_in("olga"))


def test_a_guess_during_a_delay_costs_the_address(portal: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its free failures an address waits longer and longer, and the name's delay ends for others."""
    monkeypatch.setattr(login_budgets, "FREE_FAILURES_OF_ADDRESS", 20)
    codes = []
    with DeskBrowser(portal) as stranger:
        at(stranger, "203.0.113.9")
        for _ in range(480):
            portal.at(portal.clock.at + SECOND)
            codes.append(code_of(stranger.log_in("olga", "wrong")))
    assert codes[-240:].count("OS-206") <= 1, "the name's delay alone would let four through"


def test_more_logins_than_threads_for_them_are_turned_away_and_known_browsers_are_not(
    portal: Running,
) -> None:
    with DeskBrowser(portal) as desk, DeskBrowser(portal) as other:
        at(desk, OFFICE).log_in("olga")
        desk.send(HOME, f"{HOME}logout")
        places = [login._waiting.acquire(blocking=False) for _ in range(login.MAX_WAITING)]
        try:
            assert all(places)
            refused = at(other, OFFICE).log_in("olga")
            assert (refused.status_code, code_of(refused)) == (503, "OS-900")
            assert refused.headers["retry-after"] == "5"
            assert is_in(desk.log_in("olga"))
        finally:
            for _ in places:
                login._waiting.release()
        assert is_in(other.log_in("olga")), "nothing was counted"
