"""What invigilators do on an attempt's page: reminders, what the candidate's page says back, who may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from oneseat.room.rules.reminders import MOST_UNREAD, REMINDERS
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.room import endings, events, marks, notes, reminders, reports
from oneseat.state.room.endings import Ending
from oneseat.state.room.marks import Mark
from oneseat.state.room.reminders import Reminder
from signing.clock import FixedClock
from signing.dates import BEIJING
from tests.room.candidate import GENESIS, Arrive, Candidate
from tests.room.held_exam import BEFORE, STARTS, HeldExam, RoomKeys, RunningRoom, running_room
from tests.room.staff_entry import Enter, Staff, address, hire
from tests.room.test_staff import acts

ROLES = {
    "viewer": Role.VIEWER,
    "zhang": Role.LEAD,
    "li": Role.CHIEF,
    "zhao": Role.CHIEF,
    "lead": Role.LEAD,
}


@pytest.fixture(scope="module")
def shared_room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with operators."""
    exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys)
    hire(exam, ROLES)
    with running_room(exam, FixedClock(BEFORE)) as room:
        yield room
    exam.database.close()


def sent_to(room: RunningRoom, candidate: Candidate) -> list[Reminder]:
    with room.exam.database.reading() as connection:
        return reminders.list_of(connection, "test", candidate.attempt["nonce"])


def noted(room: RunningRoom, candidate: Candidate, about: str) -> list[str]:
    """The codes of an attempt's events that begin so."""
    with room.exam.database.reading() as connection:
        history = events.list_of(connection, "test", candidate.attempt["nonce"])
    return [event.code for event in history if event.code.startswith(about)]


# ----------------------------------------------------------------------------------------- reminders


def remind(visitor: Staff, candidate: Candidate, code: str = "light") -> httpx.Response:
    return visitor.post(f"{address(candidate)}/remind", code=code)


def test_a_reminder_reaches_the_page_by_its_beat_and_says_when_it_was_shown_and_read(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate = arrive().prepare()
    room.at(STARTS + timedelta(minutes=1))
    visitor = staff("zhang")
    assert candidate.beat()["reminder"] is None
    answer = remind(visitor, candidate)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address(candidate)}?done=reminded")
    reminder = candidate.beat()["reminder"]
    words = REMINDERS["light"]
    assert reminder == {"id": reminder["id"], "shown": False, "zh": words.zh, "en": words.en}
    room.later(timedelta(seconds=5))
    assert candidate.call("reminder/shown", id=reminder["id"])["reminder"]["shown"] is True
    room.later(timedelta(seconds=20))
    for _ in range(2):  # a call that is repeated changes no time
        assert candidate.call("reminder/read", id=reminder["id"])["reminder"] is None
        room.later(timedelta(seconds=1))
    assert candidate.beat()["reminder"] is None
    (kept,) = sent_to(room, candidate)
    assert (kept.operator, kept.code, kept.words) == ("zhang", "light", words.zh)
    assert kept.shown_at is not None and kept.read_at is not None
    assert [(moment - kept.at).total_seconds() for moment in (kept.shown_at, kept.read_at)] == [5, 25]
    assert noted(room, candidate, "reminder") == ["reminder-sent", "reminder-shown", "reminder-read"]
    assert acts(room, candidate) == [("operator:zhang", "room.reminder-sent")]
    page = visitor.get(f"{address(candidate)}?done=reminded").text
    assert "提醒已发送" in page and words.zh in page and "考生已读提醒" in page


def test_reminders_are_shown_one_after_another_and_not_too_many(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, visitor = arrive().prepare(), staff("zhang")
    codes = list(REMINDERS)[: MOST_UNREAD + 1]
    statuses = [remind(visitor, candidate, code).status_code for code in codes]
    assert statuses == [303] * MOST_UNREAD + [409]
    seen = []
    while (reminder := candidate.beat()["reminder"]) is not None:
        seen.append(reminder["zh"])
        candidate.call("reminder/read", id=reminder["id"])
    assert seen == [REMINDERS[code].zh for code in codes[:MOST_UNREAD]]
    assert remind(visitor, candidate, codes[-1]).status_code == 303, "they were read"


def test_a_reminder_needs_a_candidate_who_sees_it_and_words_of_the_list(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, visitor = arrive(), staff("zhang")
    candidate.enter().join()
    refused = remind(visitor, candidate)
    assert refused.status_code == 409 and "OS-2221" in refused.text and "还没有进入" in refused.text
    for code in ("", "own words"):
        refused = remind(visitor, candidate, code)
        assert refused.status_code == 400 and "OS-2220" in refused.text
    other = arrive().prepare()
    remind(visitor, other)
    its = other.beat()["reminder"]["id"]
    assert candidate.code("reminder/read", id=its) == (404, "OS-2222"), "another candidate's"
    assert candidate.code("reminder/read", id=0)[0] == 400
    assert sent_to(room, candidate) == []
    assert "已读提醒" not in visitor.get(address(other)).text


def test_an_unread_reminder_ends_with_the_hand_in(room: RunningRoom, arrive: Arrive, staff: Enter) -> None:
    candidate = arrive().prepare()
    remind(staff("zhang"), candidate)
    room.at(STARTS + timedelta(minutes=10))
    assert candidate.hand_in()["reminder"] is None
    refused = remind(staff("zhang"), candidate)
    assert refused.status_code == 409 and "已经交卷" in refused.text


def test_reminding_takes_a_role_a_form_and_the_rooms_own_page(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, viewer, visitor = arrive().prepare(), staff("viewer"), staff("zhang")
    path = f"{address(candidate)}/remind"
    answers = [
        viewer.post(path, code="light"),
        visitor.post(path, code="light", form_token="0" * 64),
        visitor.post(path, code="light", origin="https://elsewhere.example"),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert 'action="/staff/attempts/' not in viewer.get(address(candidate)).text
    assert visitor.post("/staff/attempts/none/remind", code="light").status_code == 404
    assert visitor.get(path).status_code == 303
    assert sent_to(room, candidate) == [] and acts(room, candidate) == []


def test_the_audit_log_names_code_and_seat_alone(room: RunningRoom, arrive: Arrive, staff: Enter) -> None:
    candidate = arrive().prepare()
    remind(staff("zhang"), candidate, "alone")
    with room.exam.database.reading() as connection:
        (entry,) = audit.latest(connection, "test", 1, candidate.jti)
    assert '"code":"alone"' in entry.facts.replace(" ", "") and REMINDERS["alone"].zh not in entry.facts


def test_the_how_to_lists_the_reminders() -> None:
    text = Path("docs/how-to/watch-an-interview.md").read_text("utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", text, re.MULTILINE) == [
        (code, words.zh) for code, words in REMINDERS.items()
    ]


def test_every_reminder_is_plain_chinese_first() -> None:
    for code, words in REMINDERS.items():
        assert words.zh.endswith("。") and len(words.zh) <= 30 and len(code) <= 16
        assert not any(letter.isascii() and letter.isalpha() for letter in words.zh)


# -------------------------------------------------------------------------------- marks and notes


def local(moment: datetime) -> str:
    """A time as the browser's field writes it, in Beijing."""
    return f"{moment.astimezone(BEIJING):%Y-%m-%dT%H:%M:%S}"


def mark(visitor: Staff, candidate: Candidate, **changes: str) -> httpx.Response:
    now = visitor.room.clock.now()
    form = {"clause": "phone", "begins": local(now - timedelta(seconds=30)), "ends": local(now), "words": ""}
    return visitor.post(f"{address(candidate)}/mark", **{**form, **changes})


def marked(room: RunningRoom, candidate: Candidate) -> list[Mark]:
    with room.exam.database.reading() as connection:
        return marks.list_of(connection, "test", candidate.attempt["nonce"])


def test_a_mark_has_clause_time_and_name_and_is_withdrawn_but_never_deleted(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, first, second = arrive().prepare(), staff("zhang"), staff("li")
    room.later(timedelta(minutes=1))
    assert mark(first, candidate, words=" 左手 ").status_code == 303
    (kept,) = marked(room, candidate)
    assert (kept.operator, kept.clause, kept.note) == ("zhang", "phone", "左手")
    assert kept.ends_at == room.clock.now() == kept.begins_at + timedelta(seconds=30)
    page = first.get(f"{address(candidate)}?done=marked").text
    assert "疑似违纪已标记" in page and "未经许可操作手机" in page and "左手" in page
    withdrawn = [second.post(f"{address(candidate)}/unmark", number=str(kept.id)) for _ in range(2)]
    assert [answer.status_code for answer in withdrawn] == [303, 400]
    (kept,) = marked(room, candidate)
    assert (kept.withdrawn_by, kept.withdrawn_at) == ("li", room.clock.now())
    assert "li 于" in first.get(address(candidate)).text
    assert noted(room, candidate, "mark") == ["marked", "mark-withdrawn"]
    assert [act for _, act in acts(room, candidate)] == ["room.marked", "room.mark-withdrawn"]
    assert candidate.beat()["attempt"]["step"] == "waiting", "nothing follows for the candidate"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"clause": "none"}, "OS-2223"),
        ({"clause": "other"}, "OS-2223"),
        ({"begins": local(BEFORE - timedelta(hours=1))}, "OS-2224"),
        ({"ends": local(BEFORE + timedelta(hours=1))}, "OS-2224"),
        ({"begins": local(BEFORE + timedelta(minutes=1)), "ends": local(BEFORE)}, "OS-2224"),
        ({"begins": "2035-01-10"}, "OS-2224"),
        ({"begins": "yesterday"}, "OS-2224"),
        ({"begins": "2035-01-10T10:20:00+08:00"}, "OS-2224"),
    ],
    ids=["clause", "words", "early", "late", "turned", "day", "text", "zone"],
)
def test_a_mark_that_says_too_little_is_refused(
    room: RunningRoom, arrive: Arrive, staff: Enter, changes: dict[str, str], code: str
) -> None:
    candidate, visitor = arrive().prepare(), staff("zhang")
    room.later(timedelta(minutes=1))
    refused = mark(visitor, candidate, **changes)
    assert refused.status_code == 400 and code in refused.text
    assert marked(room, candidate) == [] and acts(room, candidate) == []


def test_a_mark_of_another_attempt_cannot_be_withdrawn(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    one, other, visitor = arrive().prepare(), arrive().prepare(), staff("zhang")
    room.later(timedelta(minutes=1))
    mark(visitor, one)
    (kept,) = marked(room, one)
    assert visitor.post(f"{address(other)}/unmark", number=str(kept.id)).status_code == 400
    assert marked(room, one) == [kept]


def test_a_note_is_kept_as_it_was_written_and_escaped(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, visitor = arrive().prepare(), staff("zhang")
    path = f"{address(candidate)}/note"
    assert visitor.post(path, words="<b>敲门声</b>\x07").status_code == 303
    assert visitor.post(path, words=" \n ").status_code == 400
    with room.exam.database.reading() as connection:
        (note,) = notes.list_of(connection, "test", candidate.attempt["nonce"])
    assert (note.operator, note.words) == ("zhang", "<b>敲门声</b>\\x07")
    assert "&lt;b&gt;敲门声&lt;/b&gt;" in staff("viewer").get(address(candidate)).text
    assert noted(room, candidate, "note") == ["note-written"]


# ------------------------------------------------------------------------------------- permission


def permit(visitor: Staff, candidate: Candidate, cause: str = "handle", minutes: str = "5") -> httpx.Response:
    return visitor.post(f"{address(candidate)}/permit", cause=cause, minutes=minutes)


def test_a_permission_reaches_page_and_guard_and_ends_with_a_minute_to_be_back(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate, visitor = arrive().prepare(), staff("zhang")
    assert candidate.beat()["called"] is False
    assert permit(visitor, candidate).status_code == 303
    assert candidate.beat()["called"] is True, "the page is to ask"
    held = candidate.call("help/state")["permission"]
    assert (held["opener"], held["reason"], held["is_ending"]) == ("invigilator", "handle", False)
    refused = permit(visitor, candidate, "away")
    assert refused.status_code == 409 and "已有一项许可" in refused.text
    room.later(timedelta(minutes=1))
    assert "许可正在生效" in visitor.get(address(candidate)).text
    assert visitor.post(f"{address(candidate)}/permission-end").status_code == 303
    assert visitor.post(f"{address(candidate)}/permission-end").status_code == 409
    assert candidate.call("help/state")["permission"]["is_ending"] is True
    assert candidate.beat()["called"] is True
    room.later(timedelta(minutes=1))
    assert candidate.beat()["called"] is False
    assert candidate.call("help/state")["permission"] is None
    assert noted(room, candidate, "permission") == ["permission-opened", "permission-ended"]
    assert [act for _, act in acts(room, candidate)] == ["room.permitted", "room.permission-ended"]


def test_a_candidate_who_is_back_ends_the_permission(room: RunningRoom, arrive: Arrive, staff: Enter) -> None:
    candidate, visitor = arrive().prepare(), staff("zhang")
    permit(visitor, candidate, "away", "2")
    assert candidate.call("permission/finish")["permission"] is None
    assert candidate.beat()["called"] is False
    assert permit(visitor, candidate).status_code == 303, "another one may follow"


@pytest.mark.parametrize(("cause", "minutes"), [("call", "5"), ("leave", "5"), ("handle", "60"), ("", "0")])
def test_what_no_invigilator_permits_is_refused(
    room: RunningRoom, arrive: Arrive, staff: Enter, cause: str, minutes: str
) -> None:
    candidate = arrive().prepare()
    refused = permit(staff("zhang"), candidate, cause, minutes)
    assert refused.status_code == 400 and "OS-2223" in refused.text
    assert candidate.call("help/state")["permission"] is None


# --------------------------------------------------------------------------------- ending by two


def ask_end(visitor: Staff, candidate: Candidate, reason: str = "substitute") -> int:
    return visitor.post(f"{address(candidate)}/end-request", reason=reason, words="照片不符").status_code


def confirm_end(visitor: Staff, candidate: Candidate) -> httpx.Response:
    return visitor.post(f"{address(candidate)}/end-confirm")


def ended_of(room: RunningRoom, candidate: Candidate) -> list[Ending]:
    with room.exam.database.reading() as connection:
        return endings.list_of(connection, "test", candidate.attempt["nonce"])


def in_answer_time(room: RunningRoom, arrive: Arrive) -> Candidate:
    candidate = arrive().prepare()
    room.at(STARTS + timedelta(minutes=1))
    return candidate


def reports_of(room: RunningRoom, candidate: Candidate, now: datetime) -> list[str]:
    """What the portal would be told by then."""
    with room.exam.database.writing() as connection:
        due = reports.take_due(connection, "test", now, now + timedelta(days=1), 1000)
    return [report.what for report in due if report.attempt == candidate.attempt["nonce"]]


def test_an_attempt_is_ended_by_two_and_opened_again_with_its_answers(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate = in_answer_time(room, arrive)
    lead, chief = staff("lead"), staff("li")
    answer = candidate.answer_body(1)
    candidate.call("answer", **answer)
    assert ask_end(lead, candidate) == 303
    assert permit(lead, candidate).status_code == 303
    assert candidate.beat()["attempt"]["step"] == "questions", "one person ends nothing"
    assert "等待另一位主考确认" in chief.get(address(candidate)).text
    assert confirm_end(chief, candidate).status_code == 303
    attempt = candidate.beat()["attempt"]
    assert (attempt["step"], attempt["handed_in_by"]) == ("uploading", "chief")
    assert attempt["receipt"]["number"]
    assert candidate.call("help/state")["permission"] is None
    room.later(timedelta(minutes=1))
    assert "end" not in reports_of(room, candidate, room.clock.now()), "it may be opened again until its end"
    path = f"{address(candidate)}/reopen"
    assert chief.post(path, words=" ").status_code == 400
    assert chief.post(path, words="误判").status_code == 303
    attempt = candidate.beat()["attempt"]
    assert (attempt["step"], attempt["receipt"], attempt["handed_in_by"]) == ("questions", None, None)
    assert [each["hash"] for each in candidate.join()["answers"]] == [answer["hash"]]
    (kept,) = ended_of(room, candidate)
    assert (kept.requested_by, kept.decided_by, kept.outcome) == ("lead", "li", "confirmed")
    assert (kept.reopened_by, kept.reopening) == ("li", "误判") and kept.receipt
    assert noted(room, candidate, "end") == ["end-requested", "ended"]
    assert noted(room, candidate, "reopened") == ["reopened"]
    room.at(STARTS + timedelta(minutes=10))
    assert candidate.hand_in()["attempt"]["handed_in_by"] == "candidate"
    assert "end" in reports_of(room, candidate, room.clock.now())
    refused = staff("li").post(path, words="误判")
    assert refused.status_code == 409 and "OS-2228" in refused.text, "it was the candidate's own hand-in"


def test_an_attempt_that_is_opened_again_while_its_recordings_are_listed_goes_on(
    room: RunningRoom, arrive: Arrive, staff: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = in_answer_time(room, arrive)
    lead, chief = staff("lead"), staff("li")
    (segment,) = candidate.record(1)
    candidate.stored(segment)
    assert ask_end(lead, candidate) == 303
    assert confirm_end(chief, candidate).status_code == 303
    store = room.app.state.room.segments
    list_names, listed = store.names, []

    def opening_again(folder: str) -> list[str]:
        listed.append(folder)
        assert chief.post(f"{address(candidate)}/reopen", words="误判").status_code == 303
        return list(list_names(folder))

    monkeypatch.setattr(store, "names", opening_again)
    candidate.beat(takes=[candidate.take_body(segment.take, promised=1)])
    assert len(listed) == 1, "the last call made it due"
    monkeypatch.undo()
    attempt = candidate.beat()["attempt"]
    assert (attempt["step"], attempt["completed_at"]) == ("questions", None)
    assert noted(room, candidate, "complete") == []


def test_a_chief_does_not_confirm_alone_and_a_request_may_be_declined(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate = in_answer_time(room, arrive)
    first, second = staff("li"), staff("zhao")
    assert confirm_end(first, candidate).status_code == 409, "nobody has asked"
    assert [ask_end(first, candidate, "danger") for _ in range(2)] == [303, 409]
    alone = confirm_end(first, candidate)
    assert alone.status_code == 409 and "OS-2227" in alone.text
    assert "/end-confirm" not in first.get(address(candidate)).text
    assert "/end-confirm" in second.get(address(candidate)).text
    assert second.post(f"{address(candidate)}/end-decline").status_code == 303
    assert confirm_end(second, candidate).status_code == 409
    assert candidate.beat()["attempt"]["step"] == "questions"
    assert [each.outcome for each in ended_of(room, candidate)] == ["declined"]


def test_an_ended_attempt_is_complete_when_its_page_says_that_nothing_was_recorded(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate = in_answer_time(room, arrive)
    assert candidate.code("hand-in", by="clock", answers_head=GENESIS, takes=[])[0] == 409
    ask_end(staff("lead"), candidate)
    chief = staff("li")
    confirm_end(chief, candidate)
    for _ in range(2):
        assert candidate.beat()["attempt"]["step"] == "uploading", (
            "it may have recordings that nobody knows of"
        )
    attempt = candidate.hand_in(by="clock")["attempt"]
    assert (attempt["step"], attempt["handed_in_by"]) == ("complete", "chief")
    assert chief.post(f"{address(candidate)}/reopen", words="误判").status_code == 303
    attempt = candidate.beat()["attempt"]
    assert (attempt["step"], attempt["completed_at"]) == ("questions", None)


@pytest.mark.parametrize("reason", ["phone", "", "other"])
def test_an_attempt_ends_for_nothing_but_a_substitute_or_danger(
    room: RunningRoom, arrive: Arrive, staff: Enter, reason: str
) -> None:
    candidate = in_answer_time(room, arrive)
    assert ask_end(staff("lead"), candidate, reason) == 400
    assert ended_of(room, candidate) == []


def test_what_has_ended_by_itself_is_neither_ended_nor_opened_again(
    room: RunningRoom, arrive: Arrive, staff: Enter
) -> None:
    candidate = in_answer_time(room, arrive)
    assert ask_end(staff("lead"), candidate) == 303
    room.at(STARTS + timedelta(minutes=10))
    chief = staff("li")
    late = confirm_end(chief, candidate)
    assert late.status_code == 409 and "作答时间已经结束" in late.text
    assert chief.post(f"{address(candidate)}/reopen", words="误判").status_code == 409
    assert candidate.hand_in()["attempt"]["handed_in_by"] == "candidate"
