"""What each role may do in the room: on paper, and at each route."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from oneseat.room.rules.duties import Duty, may
from oneseat.state.accounts import operators
from oneseat.state.accounts.operators import Role
from signing.clock import FixedClock
from tests.room.held_exam import BEFORE, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.staff_entry import FROM_DESK, Enter, entry_of, hire


def duties_of(role: Role) -> set[Duty]:
    return {duty for duty in Duty if may(role, duty)}


def test_who_helps_by_telephone_sees_no_stream_and_moves_no_clock() -> None:
    assert duties_of(Role.VIEWER) == {Duty.LIST}
    assert duties_of(Role.SUPPORT) == {Duty.LIST, Duty.IDENTITY, Duty.PERSONAL_DATA}
    assert Duty.WATCH not in duties_of(Role.ADMIN)


def test_each_of_those_who_watch_may_what_the_one_below_may() -> None:
    assert duties_of(Role.INVIGILATOR) < duties_of(Role.LEAD) < duties_of(Role.CHIEF)
    assert not may(Role.LEAD, Duty.CONFIRM_END), "an attempt is ended by two, one of them a chief"


def test_who_judges_does_not_watch_and_who_watches_does_not_judge() -> None:
    judging = {role for role in Role if may(role, Duty.JUDGE)}
    watching = {role for role in Role if may(role, Duty.WATCH)}
    assert judging == {Role.JUDGE} and not judging & watching


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with an operator of each role, who is called as the role is."""
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys)
    hire(exam, {str(role): role for role in Role})
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


FORMS = {
    "/staff/attempts/none/identity": Duty.IDENTITY,
    "/staff/attempts/none/decision": Duty.IDENTITY,
    "/staff/attempts/none/again": Duty.IDENTITY,
    "/staff/attempts/none/segment": Duty.LIST,
    "/staff/attempts/none/newer": Duty.LIST,
    "/staff/attempts/none/remind": Duty.REMIND,
    "/staff/review/none/mark": Duty.REVIEW,
    "/staff/review/none/judgements": Duty.JUDGE,
    "/staff/review/none/judgements/none": Duty.JUDGE,
    "/staff/personal/none/requests": Duty.PERSONAL_DATA,
    "/staff/personal/none/requests/1": Duty.PERSONAL_DATA,
    "/staff/incidents/none/open": Duty.INCIDENT,
    "/staff/incidents/none/close": Duty.INCIDENT,
    "/staff/measures/none/give": Duty.MEASURE,
    "/staff/measures/none/withdraw": Duty.MEASURE,
    "/staff/attempts/none/note": Duty.REMIND,
    "/staff/attempts/none/mark": Duty.REMIND,
    "/staff/attempts/none/unmark": Duty.REMIND,
    "/staff/attempts/none/permit": Duty.PERMIT,
    "/staff/attempts/none/permission-end": Duty.PERMIT,
    "/staff/attempts/none/end-request": Duty.REQUEST_END,
    "/staff/attempts/none/end-confirm": Duty.CONFIRM_END,
    "/staff/attempts/none/end-decline": Duty.CONFIRM_END,
    "/staff/attempts/none/reopen": Duty.REOPEN,
}
"""What each form takes. An attempt that does not exist answers 404 to those who may ask."""


@pytest.mark.parametrize("role", Role)
def test_each_form_is_refused_to_every_role_without_its_duty(staff: Enter, role: Role) -> None:
    browser = staff(role)
    assert browser.get().status_code == 200
    for path, duty in FORMS.items():
        answer = browser.post(path, reason="passed:alike")
        assert ("OS-2082" in answer.text) == (not may(role, duty)), path
        assert answer.status_code == (404 if may(role, duty) else 403), path


def test_a_session_ends_with_the_role_it_was_opened_with(room: RunningRoom, staff: Enter) -> None:
    browser, waiting = staff(Role.LEAD), entry_of(room, "lead")
    with room.exam.database.writing() as connection:
        operators.set_role(connection, "test", "lead", Role.VIEWER)
    assert browser.get().status_code == 401
    late = httpx.post(f"{room.url}/staff/enter", headers=FROM_DESK, data={"entry": waiting})
    assert late.status_code == 403, "an entry that the old role was given opens nothing"
    with room.exam.database.writing() as connection:
        operators.set_role(connection, "test", "lead", Role.LEAD)
