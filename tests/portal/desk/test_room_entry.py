"""The way from the desk to the exam room's pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from oneseat.state.accounts import operators
from oneseat.state.accounts.operators import Role
from signing.charter import OWN_ROOM, ExamRoom, RoomTerms
from tests.portal.desk.desk_browser import HOME, DeskBrowser, code_of
from tests.portal.published_exam import EXAM, PublishedExam, Running

ROOM = "https://room.example"


def test_the_desk_gives_an_entry_to_its_own_room_alone(
    exam: PublishedExam, portal: Running, staff: Callable[[Role], DeskBrowser]
) -> None:
    desk = staff(Role.VIEWER)
    assert desk.http.get(f"{HOME}room").status_code == 404
    assert f"{HOME}room" not in desk.http.get(HOME).text
    own = ExamRoom(f"{ROOM}/enter", "", OWN_ROOM, ROOM)
    exam.publish_charter(version=2, exam_room=own, room=RoomTerms((bytes(32),), 1, 60, 10, 600, 600))
    assert f'href="{HOME}room"' in desk.http.get(HOME).text
    page = desk.http.get(f"{HOME}room")
    assert f"form-action {ROOM} 'self'" in page.headers["content-security-policy"]
    assert f'action="{ROOM}/staff/enter"' in page.text
    assert page.headers["referrer-policy"] == "strict-origin", "its form comes with the desk's origin"
    entry = re.search(r'name="entry" value="([^"]+)"', page.text)
    assert entry is not None
    assert operators.is_from_host(entry[1], "127.0.0.1")
    with exam.database.writing() as connection:
        now = portal.clock.now()
        assert operators.find_by_session(connection, EXAM, entry[1], now) is None, "no session of the desk"
        spent = operators.spend_entry(connection, EXAM, entry[1], now)
        assert spent is not None and spent[1].name == "a-viewer"
        assert operators.spend_entry(connection, EXAM, entry[1], now) is None


@pytest.mark.parametrize("role", [role for role in Role if not role.is_of_desk])
def test_a_role_of_the_room_finds_nothing_at_the_desk_but_the_way_there(
    exam: PublishedExam, staff: Callable[[Role], DeskBrowser], role: Role
) -> None:
    own = ExamRoom(f"{ROOM}/enter", "", OWN_ROOM, ROOM)
    exam.publish_charter(version=2, exam_room=own, room=RoomTerms((bytes(32),), 1, 60, 10, 600, 600))
    desk = staff(role)
    home = desk.http.get(HOME)
    assert home.url.path == f"{HOME}room" and f'action="{ROOM}/staff/enter"' in home.text
    for path in ("help", "bulk", "settings", "audit", f"seats/{exam.jti(exam.people[0])}"):
        refused = desk.http.get(f"{HOME}{path}")
        assert (refused.status_code, code_of(refused)) == (403, "OS-209"), path
        assert exam.people[0].admission_number not in refused.text
    assert "OS-209" in desk.send(f"{HOME}room", f"{HOME}candidate", admission_number="1").text
    assert desk.send(f"{HOME}room", f"{HOME}logout").url.path == f"{HOME}login"
