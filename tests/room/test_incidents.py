"""Incidents: proposed by what many seats report, once; opened and closed by people; shown meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from bench import rooms
from oneseat.room.http.application import cookie_name
from oneseat.room.rules import incidents as rules
from oneseat.room.rules.wall import SILENT_AFTER
from oneseat.room.services.help import help_requests
from oneseat.room.services.help.help_requests import AskedHelp
from oneseat.room.services.incidents import incidents as services
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import check_ins
from oneseat.state.help import incidents as desk_incidents
from oneseat.state.room import attempts, incidents, symptoms
from oneseat.state.room.incidents import Incident
from oneseat.state.room.symptoms import Symptom
from oneseat.state.tables.attendance import CheckIn
from oneseat.state.tables.help_requests import IncidentRow
from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_incidents import RoomIncidentRow, RoomSymptomRow
from oneseat.state.tables.room_measures import RoomAnnouncementRow, RoomBulletinRow
from signing.clock import FixedClock
from tests.room.candidate import Arrive, Candidate, wire
from tests.room.held_exam import EXAM, SECOND, STARTS, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.staff_entry import Enter, hire

NOW = STARTS + timedelta(minutes=3)
PATH = "/staff/incidents"
ROLES = {"lead": Role.LEAD, "chief": Role.CHIEF, "wang": Role.INVIGILATOR, "support": Role.SUPPORT}


@pytest.fixture(scope="module")
def shared_room(
    tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys, either_state: str | None
) -> Iterator[RunningRoom]:
    """A room with operators, on either database."""
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys, either_state)
    hire(exam, ROLES, NOW)
    with running_room(exam, FixedClock(NOW)) as room:
        yield room
    exam.database.close()


@pytest.fixture
def room(shared_room: RunningRoom) -> RunningRoom:
    """The module's room without incidents."""
    shared_room.at(STARTS - timedelta(minutes=30))
    emptied = (RoomSymptomRow, RoomIncidentRow, RoomAnnouncementRow, RoomBulletinRow, IncidentRow, CheckIn)
    with shared_room.exam.database.writing() as connection:
        for table in emptied:
            connection.execute(delete(table))
    return shared_room


def report(room: RunningRoom, count: int, cause: str = "upload-fault", prefix: str = "s") -> None:
    """Other seats report a cause now."""
    now = room.clock.now()
    seats = [f"{prefix}{n}" for n in range(count)]
    with room.exam.database.writing() as connection:
        symptoms.record(connection, EXAM, [Symptom(cause, seat, seat, now) for seat in seats])


def look(room: RunningRoom) -> list[int]:
    return services.look(room.app.state.room)


def unclosed(room: RunningRoom) -> list[Incident]:
    with room.exam.database.reading() as connection:
        return incidents.list_unclosed(connection, EXAM)


def fault(room: RunningRoom, code: str = "upload-fault", **facts: object) -> dict[str, object]:
    return {"at": wire(room.clock.now()), "code": code, "facts": facts}


# ------------------------------------------------------------------------------------------- what counts


@pytest.mark.parametrize(
    ("code", "facts", "cause"),
    [
        ("upload-fault", {"status": 403}, "upload-fault"),
        ("take-ended", {"cause": "stopped"}, None),
        ("take-ended", {}, None),
        ("take-ended", {"cause": "track-ended"}, "take-ended"),
        ("phone-fault", {"cause": "silent"}, "phone-fault:silent"),
        ("phone-fault", {"cause": "made up"}, None),
        ("help-asked", {"reason": "upload"}, "help-asked:upload"),
        ("refused", {"refusal": "OS-2001"}, "refused:OS-2001"),
        ("refused", {"refusal": "OS-9999"}, None),
        ("beats-lost", {}, None),
        ("hidden", {}, None),
    ],
)
def test_known_reports_alone_are_symptoms(code: str, facts: dict[str, str], cause: str | None) -> None:
    assert rules.cause_of(code, facts) == cause
    if cause is not None:
        assert rules.words_of(cause).zh and rules.text_of(cause) in rules.TEXTS


def test_every_text_and_reason_fits_the_bounds_and_the_desk() -> None:
    for text in rules.TEXTS.values():
        assert len(text.zh) <= rules.MAX_ZH and len(text.en) <= rules.MAX_EN
        assert len(f"{text.zh}\n{text.en}") <= 500, "as long as the desk's texts may be"


def test_twenty_seats_within_two_minutes_are_proposed_once(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().prepare()
    report(room, rules.ALIKE - 1)
    assert look(room) == []
    candidate.beat(events=[fault(room), fault(room)])
    (number,) = look(room)
    (found,) = unclosed(room)
    assert (found.number, found.cause, found.seats, found.build) == (number, "upload-fault", 20, None)
    report(room, 40)
    assert look(room) == [], "one for a cause that is not closed"


def test_a_candidate_alone_makes_no_incident(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().prepare()
    for _ in range(2):
        candidate.beat(events=[fault(room) for _ in range(40)])
    assert look(room) == []
    with room.exam.database.reading() as connection:
        assert symptoms.count_since(connection, EXAM, NOW - timedelta(days=1)) == {"upload-fault": 1}
        assert len(connection.execute(select(RoomSymptomRow.attempt)).all()) == 1, "flat, whatever it sends"


def test_reports_over_more_than_two_minutes_are_none_and_are_forgotten(room: RunningRoom) -> None:
    report(room, 10)
    room.later(rules.WITHIN + SECOND)
    report(room, 10, prefix="later")
    assert look(room) == []
    with room.exam.database.reading() as connection:
        assert symptoms.figures(connection, EXAM, ["upload-fault"])["upload-fault"].seats == 10
    room.later(rules.WITHIN + SECOND)
    look(room)
    with room.exam.database.reading() as connection:
        assert symptoms.figures(connection, EXAM, ["upload-fault"]) == {}


def test_a_beat_without_symptoms_writes_none(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().prepare()
    candidate.beat(events=[fault(room, "hidden")])
    with room.exam.database.reading() as connection:
        assert connection.execute(select(RoomSymptomRow.attempt)).all() == []


def test_requests_for_help_count(room: RunningRoom, arrive: Arrive) -> None:
    report(room, rules.ALIKE - 1, "help-asked:device")
    candidate = arrive().prepare()
    asked = AskedHelp("a" * 32, "device", "没有画面", None, (), room.clock.now())
    cookie = candidate.http.cookies[cookie_name(room.app.state.room)]
    help_requests.ask(room.app.state.room, cookie, candidate.epoch, asked)
    assert len(look(room)) == 1
    assert unclosed(room)[0].cause == "help-asked:device"


def test_pages_that_fall_silent_together_are_one_cause(held: HeldExam) -> None:
    rooms.seat(held, rules.ALIKE)
    with held.database.writing() as connection:
        ids = list(connection.scalars(select(RoomAttemptRow.id)))
    with running_room(held, FixedClock(NOW)) as room:
        served = room.app.state.room
        with held.database.writing() as connection:
            attempts.record_windows(connection, ids[1:], NOW)
        room.at(NOW + SILENT_AFTER + SECOND)
        assert services.look(served) == [], "nineteen are not twenty"
        with held.database.writing() as connection:
            attempts.record_windows(connection, ids[:1], NOW)
        assert len(services.look(served)) == 1
        assert [(each.cause, each.seats) for each in unclosed(room)] == [("beats-lost", 20)]


def test_processes_that_look_at_once_propose_one(room: RunningRoom) -> None:
    report(room, rules.ALIKE)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.extend(look(room))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1 and len(unclosed(room)) == 1


def test_the_build_is_named_where_nearly_all_have_it(room: RunningRoom) -> None:
    report(room, rules.ALIKE)
    with room.exam.database.writing() as connection:
        for n in range(10):
            check_ins.record(connection, EXAM, f"s{n}", "2035.1" if n else "2034.9", NOW)
    look(room)
    assert unclosed(room)[0].build == "2035.1"


def test_a_proposal_that_nobody_decides_on_lapses(room: RunningRoom) -> None:
    report(room, rules.ALIKE)
    look(room)
    room.later(rules.LAPSES + SECOND)
    look(room)
    with room.exam.database.reading() as connection:
        (closed,) = incidents.list_closed(connection, EXAM, 5)
    assert (closed.closed_reason, closed.closed_by, closed.opened_at) == (rules.LAPSED, None, None)


# ----------------------------------------------------------------------------------- open, read, closed


def bulletins(candidate: Candidate) -> list[tuple[str, str]]:
    return [(each["id"], each["zh"]) for each in candidate.beat()["bulletins"]]


def test_an_incident_is_shown_from_its_opening_to_its_close(
    room: RunningRoom, staff: Enter, arrive: Arrive
) -> None:
    candidate, lead = arrive().prepare(), staff("lead")
    report(room, rules.ALIKE)
    (number,) = look(room)
    assert "录像上传失败" in lead.get("/staff/lead").text
    page = lead.get(f"{PATH}/{number}").text
    assert rules.TEXTS["upload"].zh in page and "upload-fault" in page
    assert rules.TEXTS["network"].zh in lead.get(f"{PATH}/{number}?text=network").text
    assert bulletins(candidate) == []
    opened = lead.post(f"{PATH}/{number}/open", zh=" 上传缓慢，\n正在处理。", en="")
    assert opened.headers["location"] == f"{PATH}?done=opened"
    assert bulletins(candidate) == [("i1", "上传缓慢， 正在处理。")]
    with room.exam.database.reading() as connection:
        (told,) = desk_incidents.list_open(connection, EXAM)
    assert (told.reason, told.words, told.opened_by) == ("upload", "上传缓慢， 正在处理。", "lead")
    assert arrive().prepare().beat()["bulletins"], "who comes later reads it too"

    file = lead.get(f"{PATH}/file.json")
    assert file.json()["incidents"] == [
        {"zh": "上传缓慢， 正在处理。", "en": "上传缓慢， 正在处理。", "since": file.json()["as_of"]}
    ]
    html = lead.get(f"{PATH}/file.html")
    assert "上传缓慢， 正在处理。" in html.text and "attachment" in html.headers["content-disposition"]
    assert "lead" not in html.text and candidate.jti not in file.text + html.text
    assert lead.get(f"{PATH}/file.exe").status_code == 404

    again = staff("chief").post(f"{PATH}/{number}/open", zh="另一个")
    assert again.status_code == 409 and "OS-2312" in again.text
    closed = staff("chief").post(f"{PATH}/{number}/close", reason="solved")
    assert closed.headers["location"] == f"{PATH}?done=closed"
    assert bulletins(candidate) == [], "gone with the next call"
    with room.exam.database.reading() as connection:
        assert desk_incidents.list_open(connection, EXAM) == []
        acts = [(each.actor, each.act) for each in audit.latest(connection, EXAM, 10)]
    assert ("operator:lead", "room.incident-opened") in acts
    assert ("operator:chief", "room.incident-closed") in acts
    assert lead.get(f"{PATH}/file.json").json()["incidents"] == []
    listed = lead.get(PATH).text
    assert "故障已排除" in listed and "chief" in listed
    report(room, 40)
    assert look(room) == [], "never twice within the period"
    room.later(rules.QUIET + SECOND)
    report(room, 40, prefix="again")
    assert len(look(room)) == 1


@pytest.mark.parametrize(("zh", "en"), [(" ", ""), ("字" * 201, ""), ("好。", "x" * 291), ("坏\u202e", "")])
def test_words_are_bounded(room: RunningRoom, staff: Enter, zh: str, en: str) -> None:
    report(room, rules.ALIKE)
    (number,) = look(room)
    refused = staff("lead").post(f"{PATH}/{number}/open", zh=zh, en=en)
    assert refused.status_code == 400 and "OS-2311" in refused.text
    assert unclosed(room)[0].is_proposed


def test_a_proposal_is_dropped_with_a_reason_alone(room: RunningRoom, staff: Enter) -> None:
    report(room, rules.ALIKE)
    (number,) = look(room)
    lead = staff("lead")
    refused = lead.post(f"{PATH}/{number}/close", reason="why not")
    assert refused.status_code == 400 and "OS-2311" in refused.text
    assert lead.post(f"{PATH}/{number}/close", reason="mistaken").status_code == 303
    assert unclosed(room) == []
    gone = lead.post(f"{PATH}/{number}/close", reason="mistaken")
    assert gone.status_code == 409 and "OS-2312" in gone.text
    unknown = lead.get(f"{PATH}/99")
    assert unknown.status_code == 404 and "OS-2310" in unknown.text


@pytest.mark.parametrize("name", ["wang", "support"])
def test_who_has_not_the_duty_sees_and_does_nothing(room: RunningRoom, staff: Enter, name: str) -> None:
    report(room, rules.ALIKE)
    (number,) = look(room)
    visitor = staff(name)
    for path in (PATH, f"{PATH}/{number}", f"{PATH}/file.json", f"{PATH}/file.html"):
        assert visitor.get(path).status_code == 403
    assert visitor.post(f"{PATH}/{number}/open", zh="好。").status_code == 403
    assert unclosed(room)[0].is_proposed


def test_a_form_of_another_site_opens_nothing(room: RunningRoom, staff: Enter) -> None:
    report(room, rules.ALIKE)
    (number,) = look(room)
    lead = staff("lead")
    for act in ("open", "close"):
        sent = lead.post(f"{PATH}/{number}/{act}", origin="https://evil.example", zh="坏", reason="solved")
        assert sent.status_code == 403
    assert lead.post(f"{PATH}/{number}/open", form_token="0", zh="坏").status_code == 403
    assert unclosed(room)[0].is_proposed
