"""The desk's pages: figures that are right, two languages, nothing inline, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import attendance, check_ins, downloads
from oneseat.state.candidates.attendance import AttendanceRecord
from oneseat.state.tables.activation import PhoneDownload
from tests.portal.desk.desk_browser import HOME, DeskBrowser
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running
from tests.portal.test_candidate_pages import Page

Staff = Callable[[Role], DeskBrowser]


@pytest.fixture
def busy(portal: Running, exam: PublishedExam, tmp_path: Path) -> PublishedExam:
    """An exam in which one candidate has downloaded and activated."""
    with portal.candidate(exam.people[0]) as candidate:
        candidate.download(tmp_path / "got.exe")
        assert candidate.activate(exam.licence(exam.people[0])).status_code == 200
    return exam


@pytest.fixture
def pages(busy: PublishedExam, portal: Running, staff: Staff) -> dict[str, httpx.Response]:
    admin = staff(Role.ADMIN)
    jti = busy.jti(busy.people[0])
    with DeskBrowser(portal) as stranger:
        page = stranger.http.get(f"{HOME}login")
        refused = stranger.log_in("nobody", "wrong")
    return {
        "login": page,
        "refused": refused,
        "overview": admin.http.get(HOME),
        "unknown number": admin.find("0"),
        "seat": admin.http.get(f"{HOME}seats/{jti}"),
        "order refused": admin.act(jti, "move"),
        "settings": admin.http.get(f"{HOME}settings"),
        "audit": admin.http.get(f"{HOME}audit"),
        "unknown seat": admin.http.get(f"{HOME}seats/{'0' * 32}"),
    }


def test_no_page_runs_anything_inline_or_needs_anything_from_elsewhere(
    pages: dict[str, httpx.Response],
) -> None:
    for name, answer in pages.items():
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        page = Page(answer)
        assert page.all("style") == []
        assert [script for script in page.all("script") if not script.get("src")] == []
        for _, attributes in page.tags:
            assert not [key for key in attributes if key.startswith("on") or key == "style"], name
        for address in page.addresses():
            assert re.match(r"/(?!/)|\?|#", address), f"{name}: {address}"


def test_every_field_has_a_label_and_every_page_one_title(pages: dict[str, httpx.Response]) -> None:
    for name, answer in pages.items():
        page = Page(answer)
        named = [field for field in page.all("input") if field.get("id")]
        assert {field["id"] for field in named} <= {label.get("for") for label in page.all("label")}, name
        assert len(page.all("h1")) == 1, name
        assert page.all("html")[0]["lang"] == "zh-CN"


def test_the_overview_counts(busy: PublishedExam, staff: Staff) -> None:
    text = staff(Role.VIEWER).http.get(HOME).text
    figures = re.findall(r"<dd><b[^>]*>(\d+)</b>", text)
    assert figures == ["8", "1", "1", "0"]
    assert '<p class="missing-figure" data-live="missing">7</p>' in text
    assert text.count("<polyline") == 3
    assert '<th scope="row">2035-01-04</th><td>1</td><td>1</td><td>0</td>' in text


def test_the_overview_shows_who_came_once_somebody_did(busy: PublishedExam, staff: Staff) -> None:
    viewer = staff(Role.VIEWER)
    assert "到场" not in viewer.http.get(HOME).text
    mock = AttendanceRecord(
        EXAM, "1", busy.jti(busy.people[0]), "mock", 0, INSIDE.date(), bytes(32), "t", INSIDE, INSIDE
    )
    formal = replace(mock, kind="formal", session=1)
    with busy.database.writing() as connection:
        for number, place in (("1", mock), ("2", mock), ("1", formal)):
            assert attendance.record_first_ticket(connection, replace(place, admission_number=number))
        attendance.record_end(connection, mock, INSIDE)
    text = viewer.http.get(HOME).text
    day = INSIDE.date().isoformat()
    assert f'<th scope="row">{day} 模拟面试第 1 场</th><td>2</td><td>1</td><td>1</td>' in text
    assert f'<th scope="row">{day} 正式面试第 2 场</th><td>1</td><td>0</td><td>0</td>' in text
    english = viewer.http.get(f"{HOME}?lang=en").text
    assert f"{day} formal interview 2" in english
    assert not re.findall(r"[\u4e00-\u9fff]+", english.partition("<main")[2])


def test_a_seats_history_is_told_in_order(busy: PublishedExam, staff: Staff) -> None:
    admin, jti = staff(Role.ADMIN), busy.jti(busy.people[0])
    admin.act(jti, "move", confirmed="yes")
    text = admin.http.get(f"{HOME}seats/{jti}").text
    told = re.findall(r"<div><b>([^<]+)</b>", text)
    assert told[-1] == "签发许可"
    assert sorted(told[:-1]) == sorted(["办理更换电脑", "在电脑上激活", "下载完成", "开始下载"])
    assert "未激活" in text


def test_a_seats_history_has_the_download_of_its_phone_app_apart(busy: PublishedExam, staff: Staff) -> None:
    jti = busy.jti(busy.people[0])
    with busy.database.writing() as connection:
        downloads.grant(connection, EXAM, jti, INSIDE, PhoneDownload)
        downloads.finish(connection, jti, INSIDE, PhoneDownload)
    text = staff(Role.VIEWER).http.get(f"{HOME}seats/{jti}").text
    told = re.findall(r"<div><b>([^<]+)</b>", text)
    for event in ("开始下载", "下载完成", "开始下载手机端", "手机端下载完成"):
        assert told.count(event) == 1


def test_a_seats_history_names_its_tickets_and_sessions(busy: PublishedExam, staff: Staff) -> None:
    admin, person = staff(Role.ADMIN), busy.people[0]
    mock = AttendanceRecord(
        EXAM,
        person.admission_number,
        busy.jti(person),
        "mock",
        0,
        INSIDE.date(),
        bytes(32),
        "t",
        INSIDE,
        INSIDE,
    )
    with busy.database.writing() as connection:
        assert attendance.record_first_ticket(connection, mock)
        attendance.record_end(connection, mock, INSIDE)
    english = admin.http.get(f"{HOME}seats/{busy.jti(person)}?lang=en").text
    assert "<b>Entry ticket for the mock interview</b>" in english
    assert "<b>Began the mock interview</b>" in english
    assert "<b>领取模拟面试入场凭证</b>" in admin.http.get(f"{HOME}seats/{busy.jti(person)}?lang=zh").text


def test_a_seats_history_says_how_far_its_recordings_are(busy: PublishedExam, staff: Staff) -> None:
    admin, person = staff(Role.ADMIN), busy.people[0]
    until = INSIDE + timedelta(days=3)
    place = AttendanceRecord(
        EXAM,
        person.admission_number,
        busy.jti(person),
        "formal",
        0,
        INSIDE.date(),
        bytes(32),
        "t",
        INSIDE,
        INSIDE,
    )
    with busy.database.writing() as connection:
        assert attendance.record_first_ticket(connection, place)
        attendance.record_end(connection, place, INSIDE)
        attendance.record_upload(connection, place, 211_500_000, until, INSIDE)
    page = f"{HOME}seats/{busy.jti(person)}"
    text = admin.http.get(f"{page}?lang=zh").text
    assert "<b>正式面试还有录像未上传</b>" in text
    assert "还有约 212 MB 录像，最晚 2035年1月7日（星期日）12:00" in text
    with busy.database.writing() as connection:
        attendance.record_completion(connection, place, until, INSIDE + timedelta(hours=1))
    text = admin.http.get(f"{page}?lang=zh").text
    assert "<b>正式面试交卷完成，录像已全部收到</b>" in text
    assert "还有录像未上传" not in text


def test_a_seats_page_says_when_its_client_was_last_heard_of(busy: PublishedExam, staff: Staff) -> None:
    admin, jti = staff(Role.ADMIN), busy.jti(busy.people[0])
    with busy.database.writing() as connection:
        check_ins.record(connection, EXAM, jti, "f00dfeed" * 8, INSIDE)
    text = admin.http.get(f"{HOME}seats/{jti}").text
    assert "；最近联系 " in text
    assert "<b>客户端最近一次联系</b>" in text
    assert "构建 f00dfeed<" in text
    assert "；最近联系 " not in admin.http.get(f"{HOME}seats/{busy.jti(busy.people[1])}").text


def test_english_holds_no_chinese_but_the_switch(busy: PublishedExam, staff: Staff) -> None:
    admin, jti = staff(Role.ADMIN), busy.jti(busy.people[0])
    for path in ("", "settings", "audit", f"seats/{jti}"):
        text = admin.http.get(f"{HOME}{path}?lang=en").text
        body = text.partition("<main")[2]
        assert not re.findall(r"[\u4e00-\u9fff]+", body), path
    assert "Operators' desk" in text or "Operators&#39; desk" in text


def test_the_desk_works_before_any_charter_is_in_force(exam: PublishedExam, staff: Staff) -> None:
    admin = staff(Role.ADMIN)
    exam.unpublish_charter()
    for path in ("", "settings", "audit", f"seats/{exam.jti(exam.people[0])}"):
        assert admin.http.get(f"{HOME}{path}").status_code == 200
    assert "尚无有效的考试规程" in admin.http.get(HOME).text
