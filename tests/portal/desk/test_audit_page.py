"""The audit page says who did what to whom, in words; it is filtered, paged and exported."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import pytest

from oneseat.portal.desk import audit_page
from oneseat.portal.desk.audit_page import masked
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from tests.portal.desk.desk_browser import HOME, DeskBrowser, code_of
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam

Staff = Callable[[Role], DeskBrowser]


def _titles(page: str) -> list[str]:
    return re.findall(r"<div><b>([^<]+)</b>", page)


def test_an_act_names_its_candidate_masked_and_leads_to_the_seat(exam: PublishedExam, staff: Staff) -> None:
    support, person = staff(Role.SUPPORT), exam.people[0]
    support.act(exam.jti(person), "reset")
    page = support.http.get(f"{HOME}audit").text
    number = person.admission_number
    assert number not in page
    assert f'href="{HOME}seats/{exam.jti(person)}">{masked(number)}</a>' in page
    assert f"{number[:4]}****{number[-4:]}" == masked(number)
    assert masked("1234") == "****1234"


def test_facts_are_words_in_a_fixed_order(exam: PublishedExam, staff: Staff) -> None:
    with exam.database.writing() as connection:
        facts: dict[str, audit.Fact] = {"totp": False, "role": "viewer", "operator": "wangli"}
        audit.append(connection, INSIDE, "command line", "operator.added", EXAM, facts)
        counts: dict[str, audit.Fact] = {"unchanged": 3, "batch": 1, "added": 5, "strange": True}
        audit.append(connection, INSIDE, "pipeline", "issue", EXAM, counts)
    admin = staff(Role.ADMIN)
    page = admin.http.get(f"{HOME}audit").text
    assert "操作员 wangli，角色 查看，动态码 未启用" in page
    assert "签发轮次 1，新增 5，不变 3，strange 是" in page
    assert "<small>命令行</small>" in page
    assert "<small>签发程序</small>" in page
    assert not re.search(r"True|False|command line|pipeline|viewer", page.partition("<main")[2])


def test_entries_are_filtered_by_operator_act_candidate_and_day(exam: PublishedExam, staff: Staff) -> None:
    support, admin = staff(Role.SUPPORT), staff(Role.ADMIN)
    first, second = exam.people[:2]
    support.act(exam.jti(first), "reset")
    admin.act(exam.jti(second), "allow", hours="1")

    def filtered(**fields: str) -> list[str]:
        page = support.send(f"{HOME}audit", f"{HOME}audit/filter", **fields)
        assert first.admission_number not in str(page.url)
        return _titles(page.text)

    assert filtered(operator="a-admin") == ["允许逾期下载", "登录管理台"]
    assert filtered(act="seat.proofs-reset") == ["重置验证次数"]
    assert filtered(candidate=first.admission_number) == ["查询考生", "重置验证次数"]
    assert filtered(candidate=second.admission_number[-4:], act="seat.allowed") == ["允许逾期下载"]
    assert filtered(day=INSIDE.date().isoformat(), act="seat.allowed") == ["允许逾期下载"]
    assert filtered(day="2035-01-03") == []
    unknown = support.send(f"{HOME}audit", f"{HOME}audit/filter", candidate="000000000000")
    assert code_of(unknown) == "OS-210"
    assert code_of(support.http.get(f"{HOME}audit?day=yesterday")) == "OS-217"
    assert code_of(support.http.get(f"{HOME}audit?seat={'0' * 32}")) == "OS-210"


def test_pages_go_on_by_key(exam: PublishedExam, staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_page, "PAGE", 3)
    with exam.database.writing() as connection:
        for version in range(7):
            audit.append(connection, INSIDE, "operator:a", "charter.published", EXAM, {"version": version})
    viewer = staff(Role.VIEWER)
    shown: list[str] = []
    address = f"{HOME}audit?act=charter.published"
    for _ in range(3):
        page = viewer.http.get(address).text
        shown += re.findall(r"版本 (\d)", page)
        onwards = re.search(r'href="([^"]+older=\d+)"', page)
        address = onwards[1].replace("&amp;", "&") if onwards else ""
    assert shown == [str(version) for version in reversed(range(7))]
    assert address == ""
    assert "最新记录" in page


def test_what_is_listed_is_exported_and_that_is_recorded(
    exam: PublishedExam, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_page, "_CHUNK", 2)
    support, person = staff(Role.SUPPORT), exam.people[0]
    for _ in range(5):
        support.act(exam.jti(person), "reset")
    with exam.database.writing() as connection:
        audit.append(connection, INSIDE, "operator:a-support", "=cmd()", EXAM, {})
    answer = support.send(f"{HOME}audit", f"{HOME}audit/entries.csv", act="seat.proofs-reset")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0] == ["编号", "时间", "操作人", "操作", "准考证号", "说明"]
    assert [row[2:5] for row in rows[1:]] == [
        ["a-support", "重置验证次数", masked(person.admission_number)]
    ] * 5
    assert rows[1][1] == "2035-01-04 12:00:00+08:00"
    everything = support.send(f"{HOME}audit", f"{HOME}audit/entries.csv")
    assert ",'=cmd()," in everything.text
    with exam.database.reading() as connection:
        newest = audit.latest(connection, EXAM, 1)[0]
    assert (newest.act, json.loads(newest.facts)) == ("audit.listed", {})
