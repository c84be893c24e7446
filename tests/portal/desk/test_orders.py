"""Acts say what they will do and will not do, keep their reason, and are done for a list as well."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oneseat.portal.desk import bulk
from oneseat.portal.desk.justification import REASONS
from oneseat.portal.desk.previews import preview
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import attendance, seat_support
from oneseat.state.candidates.attendance import AttendanceRecord
from signing.charter import ExamRoom, RoomTerms
from tests.portal.desk.desk_browser import HOME, DeskBrowser, code_of, signed_charter
from tests.portal.published_exam import CLOSES, EXAM, INSIDE, SECOND, PublishedExam, Running

Staff = Callable[[Role], DeskBrowser]
GATE = "即使下载也不能参加正式面试"
WARN = "正式面试当天设备出现异常的，将无法参加"


def test_every_reason_has_one_meaning() -> None:
    words = [(code, said) for reasons in REASONS.values() for code, said in reasons.items()]
    assert len(set(words)) == len({code for code, _ in words})


def _facts(exam: PublishedExam) -> dict[str, object]:
    with exam.database.reading() as connection:
        facts: dict[str, object] = json.loads(audit.latest(connection, EXAM, 1)[0].facts)
    return facts


def test_a_reason_and_a_note_are_kept_with_the_act(exam: PublishedExam, staff: Staff) -> None:
    support, jti = staff(Role.SUPPORT), exam.jti(exam.people[0])
    support.act(jti, "reset", why="stranger", note="  第二次  来电 ")
    assert _facts(exam) == {"jti": jti, "why": "stranger", "note": "第二次 来电"}
    for address in (f"{HOME}seats/{jti}", f"{HOME}audit"):
        assert "原因 疑似他人尝试，备注 第二次 来电" in support.http.get(address).text
    assert code_of(support.act(jti, "reset", why="leaked")) == "OS-217"
    assert code_of(support.act(jti, "reset", note="x" * 201)) == "OS-217"


@pytest.mark.parametrize("note", ["11010119900101123", "电话 138 0000 0000", "１２３４５６７８"])
def test_a_note_with_a_long_number_is_refused(exam: PublishedExam, staff: Staff, note: str) -> None:
    support, jti = staff(Role.SUPPORT), exam.jti(exam.people[0])
    before = _facts(exam)
    answer = support.act(jti, "reset", note=note)
    assert (answer.status_code, code_of(answer)) == (400, "OS-980")
    assert note not in answer.text
    assert _facts(exam) == before


def test_an_act_whose_time_has_passed_is_not_offered(
    portal: Running, exam: PublishedExam, staff: Staff
) -> None:
    support, person = staff(Role.SUPPORT), exam.people[0]
    page = f"{HOME}seats/{exam.jti(person)}"
    assert "尚未激活，无需办理。" in support.http.get(page).text
    with portal.candidate(person) as candidate:
        assert candidate.activate(exam.licence(person)).status_code == 200
    until = exam.charter.device_change_until
    for moment, offered in ((until - SECOND, True), (until, False)):
        portal.at(moment)
        support.log_in("a-support")
        text = support.http.get(page).text
        assert (f'action="{page}/move"' in text) == offered
        assert ("办理时间已于" in text) != offered
    assert f'action="{page}/reissue"' in text
    support.act(exam.jti(person), "reissue", confirmed="yes")
    text = support.http.get(page).text
    assert f'action="{page}/reissue"' not in text
    assert "等待签发人员处理" in text


@pytest.mark.parametrize(("rule", "words"), [("gate", GATE), ("warn", WARN)])
def test_late_permission_after_the_mocks_says_what_it_does_not_do(
    portal: Running, exam: PublishedExam, staff: Staff, rule: str, words: str
) -> None:
    exam.publish_charter(version=2, mock_required=rule)
    support, (absent, present) = staff(Role.SUPPORT), exam.people[:2]
    mock = AttendanceRecord(
        EXAM,
        present.admission_number,
        exam.jti(present),
        "mock",
        0,
        INSIDE.date(),
        bytes(32),
        "t",
        INSIDE,
        INSIDE,
        INSIDE,
    )
    with exam.database.writing() as connection:
        attendance.record_first_ticket(connection, mock)
    over = max(window.closes for window in exam.charter.mocks)
    for moment, person, warned in (
        (over - SECOND, absent, False),
        (over, absent, True),
        (over, present, False),
    ):
        portal.at(moment)
        support.log_in("a-support")
        page = support.http.get(f"{HOME}seats/{exam.jti(person)}").text
        assert (words in page) == warned, moment
    assert words in support.act(exam.jti(absent), "allow", hours="6").text, "after the act as well"


def test_whatever_a_charter_changes_has_a_name(exam: PublishedExam) -> None:
    others: dict[str, Any] = {name: f"another {name}" for name in vars(exam.charter)}
    scheduled = {"download", "mocks", "formals", "device_change_until", "keep_until", "support", "timezone"}
    after = replace(exam.charter, **{name: others[name] for name in others.keys() - scheduled})
    names = preview(exam.charter, after, "").members
    assert [name.zh for name in names if name.zh.isascii()] == []
    assert len(names) == len(others.keys() - scheduled - {"version", "issued_at", "exam"})


def test_a_charter_is_shown_before_it_is_put_in_force(exam: PublishedExam, staff: Staff) -> None:
    admin = staff(Role.ADMIN)
    longer = signed_charter(exam, CLOSES + timedelta(hours=1), version=2, builds=("build-1", "build-2"))
    page = admin.preview(longer).text
    changed = re.search(r'<tr class="changed">.*?</tr>', page, re.DOTALL)
    assert changed is not None
    assert "23:00" in changed[0]
    assert "24:00" in changed[0]
    assert "另有改动：可用的考生端版本" in page
    assert "考试规程第 1 版" in admin.http.get(HOME).text, "nothing is published yet"
    hours = replace(exam.charter.support, hours=exam.charter.mocks)
    page = admin.preview(signed_charter(exam, version=2, support=hours)).text
    changed = re.search(r'<tr class="changed">.*?</tr>', page, re.DOTALL)
    assert changed is not None and "客服服务时间" in changed[0] and "10:00–24:00" in changed[0]
    assert "除版本号外，与现行规程相同" in admin.preview(signed_charter(exam, version=2)).text
    assert "新版考试规程已生效" in admin.upload(longer).text
    assert code_of(admin.preview(longer)) == "OS-215"
    assert code_of(admin.preview(signed_charter(exam, version=1))) == "OS-215"


def test_a_charter_that_moves_our_room_warns_of_recordings_at_the_old_address(
    exam: PublishedExam, staff: Staff
) -> None:
    def room(origin: str) -> ExamRoom:
        return ExamRoom(f"{origin}/enter", "", "oneseat", origin)

    terms = RoomTerms((bytes(32),), 180, 600, 60, 600, 259200)
    exam.publish_charter(version=2, exam_room=room("https://old.example"), room=terms)
    moved = signed_charter(exam, version=3, exam_room=room("https://new.example"))
    words = "考场地址不再是 https://old.example。考生尚未上传的录像只能上传到原地址"
    admin = staff(Role.ADMIN)
    assert words in admin.preview(moved).text
    assert words in admin.preview(signed_charter(exam, version=3, exam_room=None, room=None)).text
    assert "考场地址不再是" not in admin.preview(signed_charter(exam, version=3)).text


def test_one_act_for_a_list_has_a_result_per_line(exam: PublishedExam, staff: Staff) -> None:
    admin, people = staff(Role.ADMIN), exam.people[:3]
    with exam.database.writing() as connection:
        seat_support.queue_reissue(connection, EXAM, people[1].admission_number, exam.jti(people[1]), INSIDE)
    pasted = "\r\n".join([*(f" {one.admission_number} " for one in people), "999999999999", "", "0"])
    answer = admin.send(
        f"{HOME}bulk",
        f"{HOME}bulk",
        numbers=f"{pasted}\r\n{people[0].admission_number}",
        act="reissue",
        note="名单更正",
        confirmed="yes",
    )
    results = re.findall(r"<td(?: class=\"failed\")?>([^<]+)</td>", answer.text)
    assert [result.split()[0] for result in results] == ["已办理", "OS-214", "已办理", "OS-210", "OS-210"]
    assert "成功 2，未办理 3" in answer.text
    with exam.database.reading() as connection:
        numbers = [person.admission_number for person in people]
        assert len(seat_support.pending_reissues(connection, EXAM, numbers)) == 3
    assert _facts(exam) == {"jti": exam.jti(people[2]), "why": "other", "note": "名单更正"}


def test_a_list_is_for_admins_bounded_and_confirmed(
    exam: PublishedExam, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, support = staff(Role.ADMIN), staff(Role.SUPPORT)
    number = exam.people[0].admission_number
    assert code_of(support.http.get(f"{HOME}bulk")) == "OS-209"
    assert f"{HOME}bulk" not in support.http.get(HOME).text
    send = {"numbers": number, "act": "reset", "confirmed": "yes"}
    for wrong in ({"confirmed": ""}, {"act": "revoke"}, {"act": "allow", "hours": "5"}):
        assert code_of(admin.send(f"{HOME}bulk", f"{HOME}bulk", **{**send, **wrong})) == "OS-217"
    assert code_of(admin.send(f"{HOME}bulk", f"{HOME}bulk", **{**send, "numbers": " \n"})) == "OS-981"
    monkeypatch.setattr(bulk, "MAX_LINES", 1)
    assert code_of(admin.send(f"{HOME}bulk", f"{HOME}bulk", **{**send, "numbers": "1\n2"})) == "OS-981"
