"""Signed orders reach the portal once each, by the rules, and are given to everybody who asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from oneseat.client.computer.device import Device, Fingerprint
from oneseat.client.online.portal import Portal as ClientPortal
from oneseat.state.accounts import audit
from oneseat.state.accounts.service_tokens import Scope
from signing.authority.signer import PrivateKeySigner, sign_token
from signing.charter import Measures
from signing.orders import SignedOrder
from signing.session_times import END, EXTEND, PAUSE, REPEAT, RESUME
from signing.tokens import Ticket
from tests.charters import at
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running, running
from tests.portal.test_own_page import begin, report_upload, take_mock
from tests.signed_orders import order_of_two
from tests.simulator import Candidate

SIGNER = PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
MORNING = at(10, 10, 30)


def order(number: int = 1, moment: datetime = MORNING, **changes: Any) -> str:
    """A signed order: the formal interview begins ten minutes later for all."""
    return sign_token(SIGNER, SignedOrder.TYP, order_of_two(number, moment, **changes).claims())


class Chief:
    """The exam room's server, which sends orders."""

    def __init__(self, portal: Running, token: str) -> None:
        self._http = httpx.Client(base_url=f"{portal.url}/api/v1/exams/{EXAM}")
        self._headers = {"authorization": f"Bearer {token}"}

    def send(self, token: str) -> httpx.Response:
        return self._http.post("/room/orders", json={"order": token}, headers=self._headers)

    def listed(self, after: int = 0) -> list[str]:
        answer = self._http.get("/room/orders", params={"after": after})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["orders"])

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def chief(portal: Running, exam: PublishedExam) -> Iterator[Chief]:
    bounds = Measures((SIGNER.public_key,), postpone_s=1800, extend_s=600, may_end=True)
    exam.publish_charter(version=exam.charter.version + 1, measures=bounds)
    portal.at(MORNING)
    made = Chief(portal, exam.service_token(Scope.ROOM_ORDERS))
    yield made
    made.close()


def test_an_order_is_kept_once_and_given_to_everybody(chief: Chief, exam: PublishedExam) -> None:
    first, second = order(), order(2, act=EXTEND, seconds=60)
    assert chief.listed() == []
    assert chief.send(first).json() == {"number": 1, "known": False}
    assert chief.send(first).json() == {"number": 1, "known": True}
    assert chief.send(second).json() == {"number": 2, "known": False}
    assert chief.listed() == [first, second]
    assert chief.listed(after=1) == [second]
    with exam.database.reading() as connection:
        entries = audit.latest(connection, EXAM, 5)
    taken = [json.loads(entry.facts) for entry in entries if entry.act == "order.taken"]
    assert taken[-1] == {"order": 1, "measure": "postpone", "session": 0, "seconds": 600, "seats": 0}
    assert len(taken) == 2
    assert "王" not in "".join(entry.facts for entry in entries)


def test_an_order_with_many_seats_is_not_too_long(chief: Chief) -> None:
    many = tuple(f"{seat:032x}" for seat in range(1000))
    assert chief.send(order(seats=many)).json() == {"number": 1, "known": False}


def test_orders_need_their_own_scope(portal: Running, chief: Chief, exam: PublishedExam) -> None:
    others = [scope for scope in Scope if scope is not Scope.ROOM_ORDERS]
    reporter = Chief(portal, exam.service_token(*others))
    assert reporter.send(order()).json()["code"] == "OS-221"
    reporter.close()


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: order()[:-8] + "AAAAAAAA", "OS-971"),
        (lambda: order(act="dance"), "OS-971"),
        (lambda: sign_token(SIGNER, "oneseat-receipt+jws", {}), "OS-971"),
        (lambda: order(exam="other"), "OS-972"),
        (lambda: order(names=("王主考", "王 主考")), "OS-973"),
        (lambda: order(names=("王主考",)), "OS-973"),
        (lambda: order(2), "OS-975"),
        (lambda: order(seconds=1801), "OS-976"),
        (lambda: order(act=EXTEND, seconds=601), "OS-976"),
        (lambda: order(act=END, seconds=601), "OS-976"),
        (lambda: order(act=PAUSE, seconds=60), "OS-976"),
        (lambda: order(act=RESUME, seconds=60), "OS-976"),
        (lambda: order(session=7), "OS-976"),
        (lambda: order(act=REPEAT, seconds=0, seats=("a" * 32,), target=1), "OS-976"),
        (lambda: order(moment=MORNING + timedelta(minutes=5, seconds=1)), "OS-976"),
    ],
    ids=[
        "signature",
        "act",
        "kind",
        "exam",
        "one-name-twice",
        "one-name",
        "number",
        "postpone",
        "extend",
        "end",
        "pause-before-start",
        "nothing-paused",
        "session",
        "repeat-not-granted",
        "time",
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_with_its_code(chief: Chief, made: Any, code: str) -> None:
    answer = chief.send(made())
    assert answer.json()["code"] == code
    assert chief.listed() == []


def test_a_number_is_used_once_and_small_orders_add_up(chief: Chief) -> None:
    assert chief.send(order(seconds=1000)).status_code == 200
    replayed = chief.send(order(seconds=1001))
    assert (replayed.status_code, replayed.json()["code"]) == (409, "OS-974")
    assert "2" in replayed.json()["remedy"]["en"]
    assert chief.send(order(2, seconds=801)).json()["code"] == "OS-976"
    assert chief.send(order(2, seconds=800)).status_code == 200


def test_a_session_that_is_over_is_not_moved(portal: Running, chief: Chief, exam: PublishedExam) -> None:
    ends = exam.charter.formals[0].ends
    portal.at(ends)
    assert chief.send(order(moment=ends)).json()["code"] == "OS-976"
    portal.at(ends - SECOND)
    assert chief.send(order(moment=ends)).status_code == 200
    portal.at(ends)
    assert chief.send(order(2, moment=ends, act=EXTEND, seconds=60)).status_code == 200, "it ends later now"


def test_a_pause_and_its_resume_move_tickets_and_outlast_a_restart(
    portal: Running, chief: Chief, exam: PublishedExam
) -> None:
    paused_at = exam.charter.formals[0].starts + timedelta(minutes=2)
    portal.at(paused_at)
    assert chief.send(order(moment=paused_at, act=PAUSE, seconds=601)).json()["code"] == "OS-976"
    assert chief.send(order(moment=paused_at, act=PAUSE, seconds=600)).status_code == 200
    again = chief.send(order(2, paused_at + SECOND, act=PAUSE, seconds=1))
    assert (again.status_code, again.json()["code"]) == (409, "OS-976")
    assert served_ends(portal, exam) == exam.charter.formals[0].ends + timedelta(seconds=600)
    portal.at(paused_at + timedelta(minutes=3))
    resume = order(2, paused_at + timedelta(minutes=3), act=RESUME, seconds=240)
    assert chief.send(resume).json() == {"number": 2, "known": False}
    assert chief.send(resume).json() == {"number": 2, "known": True}
    twice = order(3, paused_at + timedelta(minutes=3), act=RESUME, seconds=200)
    assert chief.send(twice).json()["code"] == "OS-976"
    assert served_ends(portal, exam) == exam.charter.formals[0].ends + timedelta(seconds=240)


def served_ends(portal: Running, exam: PublishedExam) -> datetime:
    """The formal session's end, as the portal has it and one that is started now."""
    with running(exam.settings(), portal.clock) as fresh:
        ends = {
            each.app.state.portal.exams[EXAM].charter().charter.formals[0].ends for each in (portal, fresh)
        }
    (same,) = ends
    assert isinstance(same, datetime)
    return same


def test_a_charter_that_lists_no_key_takes_no_orders(chief: Chief, exam: PublishedExam) -> None:
    exam.publish_charter(version=exam.charter.version + 1, measures=None)
    assert chief.send(order()).json()["code"] == "OS-971"


# ------------------------------------------------------------------------------- what follows an order

STARTS, LAST_LOGIN, ENDS = at(10, 11), at(10, 11), at(10, 11, 10)


@pytest.fixture
def candidate(portal: Running, chief: Chief, exam: PublishedExam) -> Iterator[Candidate]:
    """A candidate who has been through a mock, and whose computer is activated."""
    person = exam.people[0]
    begin(exam, person, finish=True)
    take_mock(exam, person, finish=True)
    portal.at(INSIDE)
    with portal.candidate(person) as made:
        made.activated(exam.licence(person))
        portal.at(MORNING)
        yield made


def test_tickets_follow_a_postponed_session_at_once(
    portal: Running, chief: Chief, candidate: Candidate, exam: PublishedExam
) -> None:
    portal.at(LAST_LOGIN)
    assert candidate.enter("formal").json()["code"] == "OS-202"
    portal.at(MORNING)
    assert chief.send(order(seconds=600)).status_code == 200
    portal.at(LAST_LOGIN + timedelta(minutes=10) - SECOND)
    answer = candidate.enter("formal").json()
    assert datetime.fromisoformat(answer["session_ends"]) == ENDS + timedelta(minutes=10)
    ticket = Ticket.verify(answer["ticket"], exam.charter.keys_for("ticket"))
    assert ticket.exp == int((ENDS + timedelta(minutes=10)).timestamp())
    assert chief.send(order(2, act=EXTEND, seconds=60)).status_code == 200
    longer = candidate.enter("formal").json()["session_ends"]
    assert datetime.fromisoformat(longer) == ENDS + timedelta(minutes=11)


def test_an_order_for_some_seats_moves_no_others(
    portal: Running, chief: Chief, candidate: Candidate, exam: PublishedExam
) -> None:
    assert chief.send(order(seats=(exam.jti(exam.people[1]),))).status_code == 200
    portal.at(LAST_LOGIN)
    assert candidate.enter("formal").json()["code"] == "OS-202"
    assert chief.send(order(2, seats=(exam.jti(candidate.person),))).status_code == 200
    assert candidate.enter("formal").status_code == 200


def test_pages_show_the_times_that_hold_now(
    portal: Running, chief: Chief, candidate: Candidate, exam: PublishedExam
) -> None:
    visitor = f"{portal.url}/e/{EXAM}/"
    assert "11:00 至 11:10" in httpx.get(visitor).text
    assert chief.send(order(seconds=600)).status_code == 200
    assert "11:10 至 11:20" in httpx.get(visitor).text
    own = candidate.log_in().text
    assert "11:10 至 11:20" in own
    assert f'data-until="{int((LAST_LOGIN + timedelta(minutes=10)).timestamp()) * 1000}"' in own


def test_who_has_handed_in_gets_a_ticket_for_the_session_that_an_order_gives_and_reads_its_time(
    portal: Running, chief: Chief, candidate: Candidate, exam: PublishedExam
) -> None:
    (first,) = exam.charter.formals
    later = replace(
        first,
        **{
            name: getattr(first, name) + timedelta(days=1)
            for name in ("login_opens", "login_closes", "starts", "ends")
        },
    )
    bounds = Measures((SIGNER.public_key,), 1800, 600, may_end=True, may_repeat=True)
    exam.publish_charter(version=exam.charter.version + 1, measures=bounds, formals=(first, later))
    jti = exam.jti(candidate.person)
    assert candidate.enter("formal").json()["session_ends"], "both sessions are open to a seat without one"
    report_upload(exam, candidate.person, "formal", ENDS, None)
    portal.at(ENDS + timedelta(minutes=1))
    repeat = order(moment=ENDS, act=REPEAT, seconds=0, seats=(jti,), target=1)
    assert chief.send(repeat).json() == {"number": 1, "known": False}
    own = candidate.log_in().text
    assert "1月11日" in own and "10:10" in own, "the next is the other session, not the end of all"
    portal.at(later.starts - timedelta(minutes=20))
    answer = candidate.enter("formal").json()
    ticket = Ticket.verify(answer["ticket"], exam.charter.keys_for("ticket"))
    assert (ticket.session, ticket.exp) == ("1", int(later.ends.timestamp()))
    portal.at(later.login_closes)
    late = chief.send(order(2, later.login_closes, act=REPEAT, seconds=0, seats=("b" * 32,), target=1))
    assert (late.status_code, late.json()["code"]) == (409, "OS-976")


def test_orders_end_with_the_key_that_signed_them(
    portal: Running, chief: Chief, candidate: Candidate, exam: PublishedExam
) -> None:
    assert chief.send(order()).status_code == 200
    exam.publish_charter(version=exam.charter.version + 1, measures=None)
    portal.at(LAST_LOGIN)
    assert candidate.enter("formal").json()["code"] == "OS-202"


def test_the_client_learns_of_orders_at_its_check_in(
    portal: Running, chief: Chief, candidate: Candidate, exam: PublishedExam
) -> None:
    assert chief.send(order()).status_code == 200
    client = ClientPortal(replace(exam.charter, portal_url=portal.url))
    device = Device(candidate.device.key, Fingerprint.of({"machine": b"1"}))
    answer = client.check_in(candidate.activation, "build-1", device)
    assert answer.orders == 1
    assert client.orders(0) == (order(),)
    assert client.orders(1) == ()
