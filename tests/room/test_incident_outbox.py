"""The portal is told of incidents as they are now, until it has them, in whatever order calls arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import delete

from oneseat.portal.sdk.models import IncidentBody
from oneseat.room.services.incidents import incidents as services
from oneseat.room.services.incidents.incident_outbox import LOOK_EVERY, IncidentOutbox
from oneseat.state.accounts.operators import Role
from oneseat.state.room import incidents
from oneseat.state.room.incidents import Incident, Proposal
from oneseat.state.room.symptoms import Figures
from oneseat.state.tables.help_requests import IncidentRow
from oneseat.state.tables.room_incidents import RoomIncidentRow
from oneseat.state.tables.room_measures import RoomAnnouncementRow
from signing.clock import FixedClock
from signing.text import Text
from tests.room.held_exam import BEFORE, EXAM, SECOND, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.portal_double import Portal, running_portal
from tests.room.staff_entry import Enter, Staff, hire

NOWHERE = "http://127.0.0.1:9"
"""The discard port: connections are refused."""
TOKEN = "ost1.test"
WORDS = Text("Uploading is slow.", "上传缓慢，正在处理。")


@pytest.fixture(scope="module")
def shared_room(
    tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys, either_state: str | None
) -> Iterator[RunningRoom]:
    """A room with a lead, on either database, whose own outboxes are not at work."""
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys, either_state)
    hire(exam, {"lead": Role.LEAD})
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


@pytest.fixture
def room(shared_room: RunningRoom) -> RunningRoom:
    """The module's room without incidents."""
    shared_room.at(BEFORE)
    with shared_room.exam.database.writing() as connection:
        for table in (RoomIncidentRow, RoomAnnouncementRow, IncidentRow):
            connection.execute(delete(table))
    return shared_room


@pytest.fixture
def portal() -> Iterator[Portal]:
    with running_portal() as portal:
        yield portal


@pytest.fixture
def outbox(room: RunningRoom, portal: Portal) -> Iterator[IncidentOutbox]:
    made = IncidentOutbox(room.app.state.room, portal.url, TOKEN)
    yield made
    made.close()


def proposed(room: RunningRoom, cause: str = "upload-fault") -> int:
    now = room.clock.now()
    with room.exam.database.writing() as connection:
        new = Proposal(cause, None, Figures(20, now, now))
        number = incidents.propose(connection, EXAM, new, now, now - timedelta(hours=1))
    assert number is not None
    return number


def opened(room: RunningRoom, cause: str = "upload-fault") -> int:
    number = proposed(room, cause)
    with room.exam.database.writing() as connection:
        services.open_incident(room.app.state.room, connection, number, "lead", WORDS)
    return number


def close(room: RunningRoom, number: int) -> None:
    with room.exam.database.writing() as connection:
        services.close_incident(room.app.state.room, connection, number, "lead", "solved")


def stored(room: RunningRoom, number: int) -> Incident:
    with room.exam.database.reading() as connection:
        found = incidents.find(connection, EXAM, number)
    assert found is not None
    return found


def sent(portal: Portal) -> list[tuple[int, bool]]:
    """The numbers that came, and whether they were over, by bodies that the portal's model takes."""
    found = []
    for path, body, bearer in portal.seen:
        assert bearer == f"Bearer {TOKEN}"
        route, _, number = path.rpartition("/")
        assert route == f"/api/v1/exams/{EXAM}/room/incidents"
        found.append((int(number), IncidentBody.model_validate(body).closed_at is not None))
    return found


def test_an_incident_is_sent_once_when_it_is_opened_and_once_when_it_is_closed(
    room: RunningRoom, portal: Portal, outbox: IncidentOutbox
) -> None:
    number = opened(room)
    assert [outbox.send_due() for _ in range(2)] == [1, 0]
    body = IncidentBody.model_validate(portal.seen[0][1])
    assert body.model_dump() == {
        "reason": "upload",
        "words": "上传缓慢，正在处理。\nUploading is slow.",
        "opened_at": BEFORE,
        "opened_by": "lead",
        "closed_at": None,
    }
    room.later(timedelta(minutes=5))
    close(room, number)
    assert stored(room, number).sent_at is None, "the portal does not have the close"
    assert [outbox.send_due() for _ in range(2)] == [1, 0]
    assert sent(portal) == [(number, False), (number, True)]
    assert stored(room, number).sent_at == room.clock.now()


def test_what_was_never_opened_is_not_sent(room: RunningRoom, portal: Portal, outbox: IncidentOutbox) -> None:
    number = proposed(room)
    assert outbox.send_due() == 0
    close(room, number)
    assert outbox.send_due() == 0


def test_a_portal_that_is_away_is_tried_ever_more_rarely_and_by_a_room_that_was_restarted(
    room: RunningRoom, portal: Portal
) -> None:
    number = opened(room)
    away = IncidentOutbox(room.app.state.room, NOWHERE, TOKEN)
    waits = []
    for _ in range(9):
        assert away.send_due() == 1
        found = stored(room, number)
        assert (found.refusal, found.sent_at) == ("away", None)
        assert found.next_try_at is not None
        waits.append((found.next_try_at - room.clock.now()).total_seconds())
        room.at(found.next_try_at - SECOND)
        assert away.send_due() == 0
        room.at(found.next_try_at)
    away.close()
    assert waits == [4, 8, 16, 32, 64, 128, 256, 300, 300]
    restarted = IncidentOutbox(room.app.state.room, portal.url, TOKEN)
    assert restarted.send_due() == 1
    restarted.close()
    assert sent(portal) == [(number, False)]
    assert stored(room, number).refusal is None


@pytest.mark.parametrize(
    ("status", "members", "code"),
    [(503, {"code": "OS-216"}, "OS-216"), (403, {"code": "OS-221"}, "OS-221"), (404, {}, "HTTP 404")],
)
def test_a_refusal_is_kept_and_it_is_sent_again_whatever_it_was(
    room: RunningRoom,
    portal: Portal,
    outbox: IncidentOutbox,
    status: int,
    members: dict[str, Any],
    code: str,
) -> None:
    number = opened(room)
    portal.answers = [(status, members)]
    assert [outbox.send_due() for _ in range(2)] == [1, 0]
    assert stored(room, number).refusal == code
    room.later(4 * SECOND)
    assert outbox.send_due() == 1
    assert stored(room, number).sent_at is not None


def test_a_process_that_is_killed_while_it_sends_leaves_the_incident_to_another(
    room: RunningRoom, portal: Portal, outbox: IncidentOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = opened(room)
    with monkeypatch.context() as patch:

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(outbox, "_send", killed)
        with pytest.raises(KeyboardInterrupt):
            outbox.send_due()
    assert outbox.send_due() == 0, "another process does not send what may be under way"
    room.later(31 * SECOND)
    assert outbox.send_due() == 1
    assert sent(portal) == [(number, False)]


def test_one_that_was_closed_while_the_portal_was_away_is_sent_as_closed_alone(
    room: RunningRoom, portal: Portal, outbox: IncidentOutbox
) -> None:
    number = opened(room)
    portal.answers = [(503, {})]
    outbox.send_due()
    close(room, number)
    assert outbox.send_due() == 1, "a close does not wait for the next try of the opening"
    assert sent(portal)[1:] == [(number, True)]


@pytest.mark.parametrize("status", [200, 503])
def test_a_close_during_the_call_of_the_opening_is_due_whatever_becomes_of_that(
    room: RunningRoom, portal: Portal, outbox: IncidentOutbox, status: int
) -> None:
    number = opened(room)
    portal.answers = [(status, {})]
    calls = outbox._portal
    plain = calls.put

    def slow(route: str, body: Any) -> Any:
        outcome = plain(route, body)
        close(room, number)
        return outcome

    calls.put = slow  # type: ignore[method-assign]
    assert outbox.send_due() == 1
    calls.put = plain  # type: ignore[method-assign]
    found = stored(room, number)
    assert (found.sent_at, found.next_try_at, found.refusal) == (None, room.clock.now(), None)
    assert outbox.send_due() == 1
    assert sent(portal) == [(number, False), (number, True)]


def test_one_that_the_portal_refuses_holds_up_no_other(
    room: RunningRoom, portal: Portal, outbox: IncidentOutbox
) -> None:
    first, second = opened(room), opened(room, "track-ended")
    portal.answers = [(409, {"code": "OS-977"})]
    assert outbox.send_due() == 2
    assert [number for number, _ in sent(portal)] == [first, second]
    assert stored(room, first).refusal == "OS-977"
    assert stored(room, second).sent_at is not None


# ------------------------------------------------------------------------------------------ what staff read


def test_pages_say_whether_the_portal_has_it_and_since_when(
    room: RunningRoom, portal: Portal, outbox: IncidentOutbox, staff: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead, number = staff("lead"), opened(room)
    paths = ("/staff/incidents", f"/staff/incidents/{number}", "/staff/lead")

    def all_say(*words: str) -> None:
        for path in paths:
            shown = lead.get(path).text
            assert all(each in shown for each in words), path

    def marked(code: str) -> str:
        return f'<span class="number">{code}</span>'

    all_say("没有服务令牌，不向门户发送")
    settings = room.app.state.settings.model_copy(update={"portal_token": SecretStr(TOKEN)})
    monkeypatch.setitem(room.app.state._state, "settings", settings)
    all_say("未送达门户，自", marked("01-10 10:20:00"), "起正在发送")
    portal.answers = [(503, {"code": "OS-216"})]
    outbox.send_due()
    all_say('<b class="late">未送达门户</b>，自 ' + marked("01-10 10:20:00"), marked("OS-216"))
    assert "请管理员在门户管理台的“求助”页发布公告" in lead.get(paths[1]).text
    room.later(4 * SECOND)
    outbox.send_due()
    all_say("已送达门户 " + marked("01-10 10:20:04"))
    assert "请管理员" not in lead.get(paths[1]).text
    close(room, number)
    away = IncidentOutbox(room.app.state.room, NOWHERE, TOKEN)
    away.send_due()
    away.close()
    for path in paths[:2]:
        assert '<b class="late">结束未送达门户</b>' in lead.get(path).text
        assert "连接不上" in lead.get(path).text
    assert "请管理员在门户管理台的“求助”页结束公告" in lead.get(paths[1]).text
    room.later(4 * SECOND)
    outbox.send_due()
    for path in paths[:2]:
        assert "结束已送达门户 " + marked("01-10 10:20:08") in lead.get(path).text


ENDED = "已在门户结束"


def test_one_that_an_administrator_ends_at_the_portal_is_said_to_be_and_stays_open_in_the_room(
    room: RunningRoom, portal: Portal, outbox: IncidentOutbox, staff: Enter
) -> None:
    lead, number = staff("lead"), opened(room)
    answer = {"number": number, "known": True}
    portal.answers = [(200, {**answer, "open": True}) for _ in range(2)]
    outbox.send_due()
    for _ in range(2):
        room.later(LOOK_EVERY - SECOND)
        assert outbox.send_due() == 0
        room.later(SECOND)
        if not portal.answers:
            portal.answers = [(200, {**answer, "open": False})]
        before = lead_mark(lead)
        assert outbox.send_due() == 1
    assert stored(room, number).is_open
    for path in ("/staff/incidents", f"/staff/incidents/{number}", "/staff/lead"):
        shown = lead.get(path).text
        assert f'{ENDED}</b>（<span class="number">01-10 10:21:00</span> 得知）' in shown, path
        assert "已送达门户" not in shown, path
    assert "请在本页结束通报" in lead.get(f"/staff/incidents/{number}").text
    room.later(3 * SECOND)
    assert lead_mark(lead) != before, "the lead's page is loaded anew"
    room.later(timedelta(minutes=5))
    assert outbox.send_due() == 0, "what is over there is never open again"
    close(room, number)
    assert outbox.send_due() == 1
    assert [over for _, over in sent(portal)] == [False, False, False, True]
    shown = lead.get(f"/staff/incidents/{number}").text
    assert "结束已送达门户" in shown and ENDED not in shown


def test_a_portal_that_is_away_later_has_what_it_has(
    room: RunningRoom, portal: Portal, outbox: IncidentOutbox, staff: Enter
) -> None:
    lead, number = staff("lead"), opened(room)
    outbox.send_due()
    room.later(LOOK_EVERY)
    portal.answers = [(503, {})]
    assert outbox.send_due() == 1
    shown = lead.get(f"/staff/incidents/{number}").text
    assert "已送达门户 " in shown and "01-10 10:20:00" in shown and "请管理员" not in shown
    room.later(4 * SECOND)
    portal.answers = [(200, {"open": False})]
    assert outbox.send_due() == 1
    assert ENDED in lead.get(f"/staff/incidents/{number}").text


def lead_mark(lead: Staff) -> str:
    """By what the lead's page knows that it has changed."""
    return lead.get("/staff/lead").text.partition('data-mark="')[2].partition('"')[0]


def test_the_page_of_the_lead_is_loaded_anew_when_the_portal_has_an_incident(
    room: RunningRoom, outbox: IncidentOutbox, staff: Enter
) -> None:
    lead = staff("lead")
    opened(room)
    before = lead_mark(lead)
    outbox.send_due()
    room.later(3 * SECOND)
    assert "" != lead_mark(lead) != before
