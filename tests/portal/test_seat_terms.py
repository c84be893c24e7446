"""A seat's own session and extra time: tickets, doors, page and service desk follow them, to the second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.rules.candidate_stages import Action, DeadlineKind, Stage
from oneseat.portal.rules.candidate_state import (
    Deadline,
    ExamCondition,
    SeatProgress,
    candidate_state,
)
from oneseat.portal.rules.download_gate import DownloadFacts
from oneseat.portal.rules.help_rules import Urgency
from oneseat.portal.rules.help_urgency import Standing, standing_at
from oneseat.portal.rules.interview_near import interview_near
from oneseat.portal.rules.ticket_rules import AttendedSession, Kind, TicketRules
from signing.charter import Charter, ExamRoom, FormalSession, RoomTerms
from signing.session_times import SeatTerms, answer_time_ends, charter_for
from signing.tokens import Ticket
from tests.charters import at, charter
from tests.portal.published_exam import EXAM, SECOND, PublishedExam, Running
from tests.simulator import Candidate

LOGIN_OPENS, LAST_LOGIN, SUBMISSION = at(10, 10, 10), at(10, 11), at(10, 11, 10)
EXTRA = timedelta(minutes=5)
PAGE = f"/e/{EXAM}/download"
AFTERNOON = FormalSession(at(10, 14), at(10, 15), at(10, 15), at(10, 15, 10))
ROOM = ExamRoom("https://room.example/enter", "", "oneseat", "https://room.example")
ROOM_TERMS = RoomTerms((bytes(32),), 180, 600, 60, 600, 259200)


@pytest.fixture
def two(portal: Running, exam: PublishedExam) -> Iterator[list[Candidate]]:
    """Two candidates with activated computers who took a mock; the first has five minutes more."""
    exam.give_terms(exam.people[0], extra_minutes=5, adjustments=("hearing_aid",))
    exam.publish_charter(version=2, mock_required="warn")
    with portal.candidate(exam.people[0]) as slow, portal.candidate(exam.people[1]) as other:
        for person, candidate in zip(exam.people, (slow, other), strict=False):
            candidate.activated(exam.licence(person))
        yield [slow, other]


def in_two_sessions(exam: PublishedExam, **changes: Any) -> None:
    formals = (*exam.charter.formals, AFTERNOON)
    exam.publish_charter(version=3, formals=formals, mock_required="warn", **changes)


def code(candidate: Candidate) -> str:
    answer = candidate.enter("formal")
    return "" if answer.status_code == 200 else str(answer.json()["code"])


def ticket(candidate: Candidate, charter: Charter) -> Ticket:
    return Ticket.verify(candidate.ticket("formal"), charter.keys_for("ticket"))


def test_extra_time_ends_the_ticket_and_the_door_later_and_for_one_seat_alone(
    portal: Running, exam: PublishedExam, two: list[Candidate]
) -> None:
    slow, other = two
    portal.at(LOGIN_OPENS)
    assert ticket(slow, exam.charter).exp == int((SUBMISSION + EXTRA).timestamp())
    assert ticket(other, exam.charter).exp == int(SUBMISSION.timestamp())
    portal.at(SUBMISSION - SECOND)
    assert (code(slow), code(other)) == ("", "")
    portal.at(SUBMISSION)
    assert (code(slow), code(other)) == ("", "OS-201")
    portal.at(SUBMISSION + EXTRA - SECOND)
    assert code(slow) == ""
    portal.at(SUBMISSION + EXTRA)
    assert code(slow) == "OS-201"


def test_extra_time_moves_no_last_login(portal: Running, two: list[Candidate]) -> None:
    portal.at(LAST_LOGIN)
    assert [code(candidate) for candidate in two] == ["OS-202", "OS-202"]


def test_extra_time_given_in_the_session_makes_a_new_ticket(
    portal: Running, exam: PublishedExam, two: list[Candidate]
) -> None:
    _, other = two
    portal.at(LOGIN_OPENS)
    before = ticket(other, exam.charter)
    exam.give_terms(exam.people[1], extra_minutes=3)
    assert ticket(other, exam.charter).exp == before.exp + 180


def test_nothing_of_extra_time_or_adjustments_is_in_a_ticket(
    portal: Running, exam: PublishedExam, two: list[Candidate]
) -> None:
    portal.at(LOGIN_OPENS)
    with_terms, without = (ticket(candidate, exam.charter).claims() for candidate in two)
    assert set(with_terms) == set(without)


def test_a_seat_enters_its_own_session_alone(
    portal: Running, exam: PublishedExam, two: list[Candidate]
) -> None:
    slow, other = two
    in_two_sessions(exam)
    exam.give_terms(exam.people[0], session=1, extra_minutes=5)
    portal.at(LOGIN_OPENS)
    assert (code(slow), code(other)) == ("OS-200", "")
    portal.at(AFTERNOON.login_opens - SECOND)
    assert code(slow) == "OS-200"
    portal.at(AFTERNOON.login_opens)
    entered = ticket(slow, exam.charter)
    assert (entered.session, entered.exp) == ("1", int((AFTERNOON.ends + EXTRA).timestamp()))


def test_in_an_own_room_a_seat_without_a_session_is_refused_where_there_are_several(
    portal: Running, exam: PublishedExam, two: list[Candidate]
) -> None:
    slow, other = two
    exam.give_terms(exam.people[0], session=0)
    in_two_sessions(exam, exam_room=ROOM, room=ROOM_TERMS)
    portal.at(LOGIN_OPENS)
    assert (code(slow), code(other)) == ("", "OS-953")
    exam.publish_charter(version=4, formals=exam.charter.formals[:1])
    assert code(other) == ""


def test_the_page_shows_the_seats_own_session_and_end(
    portal: Running, exam: PublishedExam, two: list[Candidate]
) -> None:
    in_two_sessions(exam)
    exam.give_terms(exam.people[0], session=1, extra_minutes=5)
    ends = []
    for candidate in two:
        candidate.log_in()
        page = candidate.http.get(PAGE).text.replace("</span>", "")
        ends.append([end for end in ("11:10", "15:10", "15:15") if f"{end} 交卷" in page])
    assert ends == [["15:15"], ["11:10", "15:10"]]


# ------------------------------------------------------------------------------- rules, without a server


def test_a_mock_of_an_own_room_starts_in_time_for_the_extra_time() -> None:
    own = replace(two_sessions(), exam_room=ROOM, room=ROOM_TERMS)
    last = own.mocks[0].closes - timedelta(seconds=180 + 600)
    plain = TicketRules.of(own)
    slow = TicketRules.of(own, (), SeatTerms(extra_s=300))
    assert plain.may_begin_mock(0, last - SECOND)
    assert not plain.may_begin_mock(0, last)
    assert slow.may_begin_mock(0, last - EXTRA - SECOND)
    assert not slow.may_begin_mock(0, last - EXTRA)


@pytest.mark.parametrize(
    ("moment", "deadline"),
    [
        (SUBMISSION + EXTRA - SECOND, Deadline(DeadlineKind.INTERVIEW_ENDS, SUBMISSION + EXTRA)),
        (SUBMISSION + EXTRA, None),
    ],
    ids=["within", "after"],
)
def test_the_page_counts_down_to_the_seats_own_end(moment: datetime, deadline: Deadline | None) -> None:
    in_force = CharterInForce(replace(two_sessions(), mocks=()), "")
    attended = (AttendedSession(Kind.FORMAL, 0, SUBMISSION.date(), started=True),)
    live = DownloadFacts(live=True, admitted_until=None, withdrawn=False)
    seat = SeatProgress(live, LOGIN_OPENS, finished=True, activated=True, attended=attended)
    own = in_force.for_seat(SeatTerms(extra_s=300, formal=0)).calendar
    assert candidate_state(moment, own, ExamCondition(), seat).deadline == deadline


@pytest.mark.parametrize(
    ("moment", "stage"),
    [
        (at(9, 12), Stage.AFTER_MOCKS),
        (at(10, 0), Stage.UNASSIGNED),
        (LOGIN_OPENS, Stage.UNASSIGNED),
        (at(10, 12), Stage.UNASSIGNED),
        (AFTERNOON.ends, Stage.AFTER),
    ],
    ids=["before", "morning", "login", "between", "over"],
)
def test_a_candidate_without_a_session_is_told_so_on_the_day(moment: datetime, stage: Stage) -> None:
    own = CharterInForce(replace(two_sessions(), mocks=(), exam_room=ROOM, room=ROOM_TERMS), "")
    live = DownloadFacts(live=True, admitted_until=None, withdrawn=False)
    seat = SeatProgress(live, LOGIN_OPENS, finished=True, activated=True)
    state = candidate_state(moment, own.calendar, ExamCondition(), seat)
    assert state.stage is stage
    assert (state.action is Action.CALL) == (stage is Stage.UNASSIGNED)
    given = candidate_state(moment, own.for_seat(SeatTerms(formal=1)).calendar, ExamCondition(), seat)
    assert given.stage is not Stage.UNASSIGNED


def two_sessions() -> Charter:
    return replace(charter(), formals=(*charter().formals, AFTERNOON))


def test_the_calendar_keeps_the_positions_of_the_charter() -> None:
    in_force = CharterInForce(two_sessions(), "").for_seat(SeatTerms(formal=1))
    assert in_force.calendar.starts == (at(10, 11), at(10, 15))
    assert [at for at, _ in in_force.ticket_rules.own_formals] == [1]
    assert in_force.charter.formals == (AFTERNOON,)
    assert in_force.for_seat(SeatTerms(formal=0)).charter.formals == two_sessions().formals[:1]


@pytest.mark.parametrize(
    ("moment", "urgency"),
    [
        (SUBMISSION + EXTRA - SECOND, Urgency.QUESTIONS),
        (SUBMISSION + EXTRA, Urgency.OTHER),
    ],
    ids=["within", "after"],
)
def test_a_request_is_urgent_until_the_seats_own_end(moment: datetime, urgency: Urgency) -> None:
    own = charter_for(two_sessions(), (), SeatTerms(extra_s=300, formal=0))
    filed = Standing(Urgency.OTHER, LOGIN_OPENS)
    assert standing_at(filed, LOGIN_OPENS, own, moment).urgency is urgency


def test_an_interview_is_near_and_pictures_wait_until_the_last_candidate_has_ended(
    portal: Running, exam: PublishedExam
) -> None:
    exam.give_terms(exam.people[0], extra_minutes=5)
    exam.give_terms(exam.people[1], extra_minutes=30)
    served = ServedExam(exam.exam_settings(), rehearsing=False)
    try:
        longest = served.charter_for_longest().charter
    finally:
        served.close()
    last = SUBMISSION + timedelta(minutes=30)
    assert answer_time_ends(longest, SUBMISSION) == last
    assert answer_time_ends(longest, last) is None
    assert interview_near(longest, last + timedelta(minutes=30) - SECOND) is not None
    assert interview_near(longest, last + timedelta(minutes=30)) is None
