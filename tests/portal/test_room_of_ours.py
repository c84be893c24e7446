"""What our own room sends reaches a real portal with a database of its own: reports, orders, incidents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from oneseat.room.services.incidents import incidents as room_incidents
from oneseat.room.services.incidents.incident_outbox import LOOK_EVERY
from oneseat.room.services.portal.order_outbox import OrderOutbox
from oneseat.room.services.portal.portal_reports import PortalReports
from oneseat.state.accounts.operators import Role
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.candidates import attendance
from oneseat.state.candidates.attendance import AttendanceRecord
from oneseat.state.database import Database
from oneseat.state.help import requests
from oneseat.state.room import attempts, reports, symptoms
from oneseat.state.room.attempts import NewAttempt
from oneseat.state.room.symptoms import Symptom
from signing.authority.signer import sign_token
from signing.clock import FixedClock
from signing.jws import b64url_encode
from signing.tokens import VERSION, Ticket
from tests.patience import wait_until
from tests.portal.desk.desk_browser import HOME, DeskBrowser, hire
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running, running
from tests.portal.test_own_page import begin, take_mock
from tests.room import staff_entry
from tests.room.held_exam import BEFORE, ENDS, SECOND, STARTS, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.office import Office, add_operators, bounds_of
from tests.room.staff_entry import Staff, entering

NOWHERE = "http://127.0.0.1:9"
"""The discard port: connections are refused."""


@dataclass
class Outbox:
    """The parts of a room that its reports need."""

    exam: str
    database: Database
    clock: FixedClock


def test_a_portal_takes_the_reports_of_our_room(portal: Running, exam: PublishedExam) -> None:
    person, device = exam.people[0], bytes(range(32))
    ticket = Ticket(
        exam=EXAM,
        jti=exam.jti(person),
        device=b64url_encode(device),
        kind="mock",
        session="0",
        iat=int(INSIDE.timestamp()),
        exp=int((INSIDE + timedelta(hours=10)).timestamp()),
        v=VERSION,
    )
    token = sign_token(exam.keys.portal.signer("ticket"), Ticket.TYP, ticket.claims())
    place = AttendanceRecord(
        EXAM,
        person.admission_number,
        ticket.jti,
        "mock",
        0,
        INSIDE.date(),
        device,
        token,
        INSIDE,
        INSIDE,
    )
    attempt = NewAttempt("a" * 32, EXAM, ticket.jti, "mock", 0, 1, device, token, INSIDE)
    began = INSIDE + timedelta(seconds=1, milliseconds=250)
    with exam.database.writing() as connection:
        assert attendance.record_first_ticket(connection, place)
        assert attempts.create(connection, attempt)
        reports.add(connection, EXAM, attempt.id, "start", began)
        reports.add(connection, EXAM, attempt.id, "end", began + timedelta(minutes=10))
    portal.at(began + timedelta(minutes=11))
    outbox = Outbox(EXAM, exam.database, portal.clock)
    sender = PortalReports(outbox, portal.url, exam.service_token(Scope.ROOM_REPORT))  # type: ignore[arg-type]
    assert sender.send_due() == 2
    sender.close()
    (kept,) = exam.places(person)
    assert kept.started_at == began
    assert kept.ended_at == began + timedelta(minutes=10)


# -------------------------------------------------------------------------- a room with a database of its own


@pytest.fixture(scope="module")
def room_keys(tmp_path_factory: pytest.TempPathFactory) -> RoomKeys:
    return RoomKeys.make(tmp_path_factory.mktemp("room-keys"), rehearsal=True)


@pytest.fixture
def held(tmp_path: Path, room_keys: RoomKeys) -> Iterator[HeldExam]:
    """The same exam in a room whose database is not the portal's."""
    made = HeldExam(tmp_path / "room", room_keys)
    made.publish(version=made.charter.version + 1, measures=bounds_of(room_keys))
    yield made
    made.database.close()


@contextmanager
def sending_room(held: HeldExam, portal: Running, token: str, now: datetime) -> Iterator[RunningRoom]:
    """A room whose own threads send to the portal."""
    clock, secret = FixedClock(now), SecretStr(token)
    with running_room(held, clock, portal_url=portal.url, portal_token=secret) as room:
        yield room


WORDS = "录制中断，正在处理。"


@contextmanager
def open_incident(
    portal: Running, exam: PublishedExam, held: HeldExam
) -> Iterator[tuple[RunningRoom, Staff, str]]:
    """A room whose lead has opened an incident: the room, the lead, and the path of the incident's page."""
    staff_entry.hire(held, {"lead": Role.LEAD})
    with held.database.writing() as connection:
        seats = [f"s{n}" for n in range(20)]
        symptoms.record(connection, EXAM, [Symptom("track-ended", seat, seat, STARTS) for seat in seats])
    portal.at(STARTS)
    token = exam.service_token(Scope.ROOM_INCIDENTS)
    with sending_room(held, portal, token, STARTS) as room, entering(room, Staff) as enter:
        lead = enter("lead")
        (number,) = room_incidents.look(room.app.state.room)
        address = f"/staff/incidents/{number}"
        assert lead.post(f"{address}/open", zh=WORDS).status_code == 303
        yield room, lead, address


def test_an_incident_of_the_room_is_on_the_portals_pages_until_it_is_closed(
    portal: Running, exam: PublishedExam, held: HeldExam
) -> None:
    page = f"{portal.url}/e/{EXAM}/"
    person = exam.people[0]
    with portal.candidate(person) as candidate:
        bearer = {"authorization": f"Bearer {candidate.session()['session']}"}
        asked = candidate.http.post(
            f"{candidate.api}/seats/{exam.jti(person)}/help-request",
            json={"reason": "device", "words": "黑屏", "callback": "13800131234"},
            headers=bearer,
        ).json()["number"]
    hire(exam, "admin", Role.ADMIN)
    with open_incident(portal, exam, held) as (_, lead, address):
        wait_until(lambda: WORDS in httpx.get(page).text)
        wait_until(lambda: "已送达门户" in lead.get(address).text)
        with DeskBrowser(portal) as desk:
            desk.log_in("admin")
            shown = desk.http.get(f"{HOME}help").text
            assert WORDS in shown and "lead" in shown
            desk.send(f"{HOME}help", f"{HOME}help/incidents/answer", incident="1")
        with exam.database.reading() as connection:
            answered = requests.find(connection, EXAM, asked)
        assert answered is not None and answered.status == "answered"
        assert lead.post(f"{address}/close", reason="solved").status_code == 303
        wait_until(lambda: WORDS not in httpx.get(page).text)
        wait_until(lambda: "结束已送达门户" in lead.get(address).text)


def test_an_incident_that_is_ended_at_the_portals_desk_is_said_to_be_in_the_room_and_closed_there(
    portal: Running, exam: PublishedExam, held: HeldExam
) -> None:
    page = f"{portal.url}/e/{EXAM}/"
    hire(exam, "admin", Role.ADMIN)
    with open_incident(portal, exam, held) as (room, lead, address):
        wait_until(lambda: "已送达门户" in lead.get(address).text)
        with DeskBrowser(portal) as desk:
            desk.log_in("admin")
            desk.send(f"{HOME}help", f"{HOME}help/incidents/end", incident="1")
        assert WORDS not in httpx.get(page).text
        room.later(LOOK_EVERY)
        wait_until(lambda: "已在门户结束" in lead.get(address).text)
        assert WORDS not in httpx.get(page).text, "it is not announced again"
        assert lead.post(f"{address}/close", reason="solved").status_code == 303
        wait_until(lambda: "结束已送达门户" in lead.get(address).text)


def test_an_extension_given_while_the_portal_was_away_counts_when_it_arrives_after_the_old_end(
    portal: Running, exam: PublishedExam, held: HeldExam, room_keys: RoomKeys
) -> None:
    person, given_at = exam.people[0], STARTS + timedelta(minutes=5)
    exam.publish_charter(version=exam.charter.version + 1, measures=bounds_of(room_keys))
    begin(exam, person, finish=True)
    take_mock(exam, person, finish=True)
    add_operators(held)
    token = exam.service_token(Scope.ROOM_ORDERS)
    with portal.candidate(person) as candidate:
        candidate.activated(exam.licence(person))
        portal.at(BEFORE)
        assert datetime.fromisoformat(candidate.enter("formal").json()["session_ends"]) == ENDS
        with running_room(held, FixedClock(given_at)) as room, entering(room, Office) as enter:
            zhang, li = enter("zhang"), enter("li")
            assert li.give(zhang.drafted(act="extend", minutes="10")).status_code == 303
            away = OrderOutbox(room.app.state.room, NOWHERE, token)
            assert away.send_due() == 1
            away.close()
        late = ENDS + timedelta(minutes=1)
        portal.at(late)
        assert candidate.enter("formal").status_code != 200, "for the portal the session is over"
        with running_room(held, FixedClock(late)) as restarted:
            outbox = OrderOutbox(restarted.app.state.room, portal.url, token)
            assert [outbox.send_due() for _ in range(2)] == [1, 0]
            outbox.close()
        longer = ENDS + timedelta(minutes=10)
        assert datetime.fromisoformat(candidate.enter("formal").json()["session_ends"]) == longer
        assert "11:00 至 11:20" in httpx.get(f"{portal.url}/e/{EXAM}/").text
        with running(exam.settings(), FixedClock(longer - SECOND)) as fresh:
            served = fresh.app.state.portal.exams[EXAM].charter().charter
            assert served.formals[0].ends == longer, "a process that starts later follows it too"
