"""Two operators free a seat whose computer lost its registration, until the last login closes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from oneseat.portal.desk.justification import REASONS
from oneseat.portal.desk.rebinding import LIFE, login_end
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import activations
from oneseat.state.tables.activation import RebindRequest
from signing.clock import FixedClock
from tests.portal.desk.desk_browser import HOME, DeskBrowser, code_of, hire
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running, running
from tests.simulator import Candidate, Device

YES = {"confirmed": "yes"}
ASKING = {**YES, "why": "state-lost"}
FIRST, SECOND_OPERATOR, VIEWER = "li-na", "wang-wei", "zhao-min"


class Desks:
    """An exam whose first candidate lost the registration after changes of computers ended, and operators."""

    def __init__(self, exam: PublishedExam, portal: Running, kept: ExitStack) -> None:
        self.exam, self.portal, self._kept = exam, portal, kept
        self.person = exam.people[0]
        self.jti = exam.jti(self.person)
        self.closes = exam.charter.formals[0].login_closes
        for name in (FIRST, SECOND_OPERATOR):
            hire(exam, name, Role.SUPPORT)
        hire(exam, VIEWER, Role.VIEWER)
        self.candidate: Candidate = kept.enter_context(portal.candidate(self.person))
        assert self.candidate.activate(exam.licence(self.person)).status_code == 200
        portal.at(exam.charter.device_change_until)

    def of(self, name: str) -> DeskBrowser:
        """An operator's browser, logged in at the portal's time."""
        desk = self._kept.enter_context(DeskBrowser(self.portal))
        assert desk.log_in(name).status_code == 200
        return desk

    def page(self, name: str) -> str:
        """The seat's page as an operator sees it."""
        return self.of(name).http.get(f"{HOME}seats/{self.jti}").text

    def activates(self, device: Device) -> str:
        """The refusal's code, or nothing."""
        answer = self.candidate.activate(self.exam.licence(self.person), device=device)
        return "" if answer.status_code == 200 else str(answer.json()["code"])

    def log(self) -> list[tuple[str, str, dict[str, object]]]:
        """What was done about seats, oldest first."""
        with self.exam.database.reading() as connection:
            audit.verify(connection)
            entries = audit.latest(connection, EXAM, 50)[::-1]
        return [(e.actor, e.act, json.loads(e.facts)) for e in entries if e.act.startswith("seat.")]

    def requests(self) -> list[tuple[str, str | None, str | None]]:
        """Who asked, what came of it, who decided."""
        columns = (RebindRequest.asked_by, RebindRequest.outcome, RebindRequest.decided_by)
        with self.exam.database.reading() as connection:
            rows = connection.execute(select(*columns).order_by(RebindRequest.id))
            return [(row[0], row[1], row[2]) for row in rows]


@pytest.fixture
def desks(on_either: PublishedExam) -> Iterator[Desks]:
    """The desks, on either database."""
    with ExitStack() as kept:
        portal = kept.enter_context(running(on_either.settings(), FixedClock(INSIDE)))
        yield Desks(on_either, portal, kept)


def test_one_asks_and_another_approves(desks: Desks) -> None:
    lost, again = desks.candidate.device, Device()
    assert desks.activates(again) == "OS-103"
    first, second = desks.of(FIRST), desks.of(SECOND_OPERATOR)
    assert "请另一位工作人员" in first.act(desks.jti, "rebind", **ASKING).text
    assert desks.activates(again) == "OS-103", "asking alone changes nothing"
    shown = desks.page(SECOND_OPERATOR)
    assert FIRST in shown
    assert REASONS["rebind"]["state-lost"].zh in shown
    assert "请考生现在重新安装" in second.act(desks.jti, "rebind-approve", **YES).text
    assert desks.activates(lost) == "OS-109"
    assert desks.activates(again) == ""
    assert desks.activates(Device()) == "OS-103"
    assert desks.log() == [
        (f"operator:{FIRST}", "seat.rebind-asked", {"jti": desks.jti, "why": "state-lost"}),
        (f"operator:{SECOND_OPERATOR}", "seat.rebind-approved", {"jti": desks.jti}),
    ]
    assert desks.requests() == [(FIRST, "approved", SECOND_OPERATOR)]
    history = desks.page(FIRST)
    assert "核准为本机重新登记" in history
    assert "state-lost" not in history.split("<select", maxsplit=1)[0]


def test_who_asked_cannot_approve_not_even_from_another_browser(desks: Desks) -> None:
    first = desks.of(FIRST)
    first.act(desks.jti, "rebind", **ASKING)
    for desk in (first, desks.of(FIRST)):
        answer = desk.act(desks.jti, "rebind-approve", **YES)
        assert (answer.status_code, code_of(answer)) == (403, "OS-934")
    assert "rebind-approve" not in desks.page(FIRST)
    assert "rebind-approve" in desks.page(SECOND_OPERATOR)
    assert desks.activates(Device()) == "OS-103"
    assert [act for _, act, _ in desks.log()] == ["seat.rebind-asked"]


def test_a_request_lapses_and_is_made_anew(desks: Desks) -> None:
    start, first, second = desks.portal.clock.at, desks.of(FIRST), desks.of(SECOND_OPERATOR)
    first.act(desks.jti, "rebind", **ASKING)
    desks.portal.at(start + LIFE - SECOND)
    assert code_of(desks.of(SECOND_OPERATOR).act(desks.jti, "rebind", **ASKING)) == "OS-933"
    desks.portal.at(start + LIFE)
    second = desks.of(SECOND_OPERATOR)
    assert code_of(second.act(desks.jti, "rebind-approve", **YES)) == "OS-935"
    assert code_of(second.act(desks.jti, "rebind", **ASKING)) == ""
    assert code_of(second.act(desks.jti, "rebind-approve", **YES)) == "OS-934"
    assert desks.requests() == [(FIRST, None, None), (SECOND_OPERATOR, None, None)]


def test_until_the_last_login_closes_to_the_second(desks: Desks) -> None:
    assert login_end(desks.exam.charter) == desks.closes
    desks.portal.at(desks.closes - SECOND)
    first, second = desks.of(FIRST), desks.of(SECOND_OPERATOR)
    assert "rebind" in desks.page(FIRST)
    assert code_of(first.act(desks.jti, "rebind", **ASKING)) == ""
    desks.portal.at(desks.closes)
    for act in ("rebind", "rebind-approve", "rebind-refuse"):
        answer = second.act(desks.jti, act, **(ASKING if act == "rebind" else YES))
        assert (answer.status_code, code_of(answer)) == (403, "OS-932"), act
    assert "/rebind" not in desks.page(FIRST)
    desks.portal.at(desks.closes - SECOND)
    assert code_of(second.act(desks.jti, "rebind-approve", **YES)) == ""


def test_either_may_refuse_it(desks: Desks) -> None:
    first, second = desks.of(FIRST), desks.of(SECOND_OPERATOR)
    for who in (first, second):
        first.act(desks.jti, "rebind", **ASKING)
        assert "已驳回" in who.act(desks.jti, "rebind-refuse").text
        assert code_of(second.act(desks.jti, "rebind-approve", **YES)) == "OS-935"
    assert [outcome for _, outcome, _ in desks.requests()] == ["refused", "refused"]
    assert desks.activates(Device()) == "OS-103"


def test_it_takes_a_reason_a_confirmation_and_the_role(desks: Desks) -> None:
    first, viewer = desks.of(FIRST), desks.of(VIEWER)
    for fields in (YES, {**YES, "why": "张三说的"}, {"why": "state-lost"}):
        assert code_of(first.act(desks.jti, "rebind", **fields)) == "OS-217"
    assert code_of(viewer.act(desks.jti, "rebind", **ASKING)) == "OS-209"
    first.act(desks.jti, "rebind", **ASKING)
    assert code_of(viewer.act(desks.jti, "rebind-approve", **YES)) == "OS-209"
    assert code_of(desks.of(SECOND_OPERATOR).act(desks.jti, "rebind-approve")) == "OS-217"
    assert desks.activates(Device()) == "OS-103"


def test_a_seat_without_a_computer_needs_nobody(desks: Desks) -> None:
    first, second = desks.of(FIRST), desks.of(SECOND_OPERATOR)
    first.act(desks.jti, "rebind", **ASKING)
    desks.exam.move(desks.person, desks.portal.clock.at)
    assert code_of(second.act(desks.jti, "rebind-approve", **YES)) == "OS-211"
    assert code_of(first.act(desks.jti, "rebind", **ASKING)) == "OS-211"
    assert desks.activates(Device()) == ""


def test_before_changes_end_one_operator_moves_the_seat(desks: Desks) -> None:
    desks.portal.at(desks.exam.charter.device_change_until - timedelta(hours=1))
    shown = desks.page(FIRST)
    assert "/move" in shown
    assert "/rebind" not in shown


def test_of_requests_and_approvals_at_once_one_counts(desks: Desks) -> None:
    first, others = desks.of(FIRST), [desks.of(SECOND_OPERATOR) for _ in range(8)]

    def ask(desk: DeskBrowser) -> str:
        return code_of(desk.act(desks.jti, "rebind", **ASKING))

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(ask, others)) == ["", *["OS-933"] * 7]
    others[0].act(desks.jti, "rebind-refuse")
    first.act(desks.jti, "rebind", **ASKING)

    def approve(desk: DeskBrowser) -> bool:
        return code_of(desk.act(desks.jti, "rebind-approve", **YES)) == ""

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(approve, others)) == 1
    with desks.exam.database.reading() as connection:
        assert activations.find(connection, desks.jti) is None
    assert [act for _, act, _ in desks.log()].count("seat.rebind-approved") == 1


def test_no_name_and_no_free_text_reaches_log_or_table(desks: Desks) -> None:
    first = desks.of(FIRST)
    answer = first.act(desks.jti, "rebind", **YES, why=desks.person.name)
    assert desks.person.name not in answer.text
    assert desks.log() == []
    assert desks.requests() == []


def test_the_last_of_several_sessions_counts(exam: PublishedExam) -> None:
    formal = exam.charter.formals[0]
    later = replace(formal, login_closes=formal.login_closes + timedelta(days=1), ends=formal.ends)
    assert login_end(replace(exam.charter, formals=(later, formal))) == formal.ends
    assert login_end(replace(exam.charter, formals=())) == exam.charter.ends
