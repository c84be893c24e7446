"""A roster's optional columns: formal session, paper, extra minutes, adjustments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from oneseat.pipeline.exam.model import Exam, Formal, FormalSession
from oneseat.pipeline.roster import Candidate, FaultyRow, check, read, write_sample_with_terms
from oneseat.pipeline.roster.columns import ADJUSTMENTS, EXTRA_MINUTES, PAPER, SESSION
from oneseat.pipeline.roster.csv_files import write_csv
from oneseat.pipeline.roster.differences import compare
from oneseat.pipeline.roster.errors import RosterColumnUnknown
from oneseat.pipeline.roster.files import Reading
from oneseat.pipeline.roster.sample import sample
from oneseat.pipeline.roster.terms import NO_TERMS, RowTerms, TermsRules
from signing.seat_terms import ADJUSTMENTS as CODES
from tests.pipeline.exam_workspace import DEMO, EXAM

PEOPLE = list(sample(8, 3, EXAM))
HEADER = ("姓名", "身份证号", "准考证号")
ZH = ("场次", "试卷", "延长分钟", "便利措施")
EN = ("session", "paper", "extra_minutes", "adjustments")


def of_two_sessions(exam: Exam) -> Exam:
    """The exam with a second formal session, an hour after the first and first in the file."""
    first = exam.formal.sessions[0]
    moved = {name: value + timedelta(hours=1) for name, value in first}
    ends = max(exam.ends, moved["ends"] + timedelta(hours=2))
    return exam.model_copy(update={"formal": Formal(sessions=[FormalSession(**moved), first]), "ends": ends})


TWO = of_two_sessions(EXAM)
OWN_TWO = of_two_sessions(DEMO)


def roster(folder: Path, *terms: Sequence[object], titles: Sequence[str] = ZH) -> Path:
    rows = [(*person, *cells) for person, cells in zip(PEOPLE, terms, strict=False)]
    write_csv(folder / "roster.csv", (*HEADER, *titles), rows)
    return folder / "roster.csv"


def terms_of(path: Path, exam: Exam = TWO) -> list[RowTerms]:
    rows = list(read(path, exam))
    assert not [row for row in rows if isinstance(row, FaultyRow)]
    return [row.terms for row in rows if isinstance(row, Candidate)]


def faults(path: Path, exam: Exam = TWO) -> list[tuple[int, str]]:
    return [(row.row, fault.column) for row in check(path, exam).faulty for fault in row.faults]


@pytest.mark.parametrize("titles", [ZH, EN])
def test_the_columns_are_known_by_chinese_and_english_titles(tmp_path: Path, titles: Sequence[str]) -> None:
    path = roster(
        tmp_path,
        ("1", "A", "3", "助听设备、text_only"),
        ("第2场", "", "", ""),
        ("2.0", "b-1", "0", "hearing-aid"),
        titles=titles,
    )
    assert terms_of(path) == [
        RowTerms(0, "a", 3, ("hearing_aid", "text_only")),
        RowTerms(1),
        RowTerms(1, "b-1", 0, ("hearing_aid",)),
    ]


def test_a_roster_without_them_gives_no_terms(tmp_path: Path) -> None:
    write_csv(tmp_path / "plain.csv", HEADER, PEOPLE)
    assert terms_of(tmp_path / "plain.csv", EXAM) == [NO_TERMS] * len(PEOPLE)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_adjustment_has_a_code_and_chinese_words(tmp_path: Path, code: str) -> None:
    path = roster(tmp_path, ("1", "", "", code), ("1", "", "", CODES[code].zh))
    assert [terms.adjustments for terms in terms_of(path)] == [(code,), (code,)]


def test_all_faults_of_a_row_come_at_once_and_show_nothing(tmp_path: Path) -> None:
    path = roster(tmp_path, ("3", "Paper One", "half an hour", "low vision"))
    report = check(path, TWO)
    (row,) = report.faulty
    assert [fault.column for fault in row.faults] == [SESSION, PAPER, EXTRA_MINUTES, ADJUSTMENTS]
    assert all(set(fault.masked) <= {"*"} for fault in row.faults)
    known = row.faults[-1].reason
    assert all(code in known.en and words.zh in known.zh for code, words in CODES.items())


@pytest.mark.parametrize("cell", ["", "0", "3", "上午", "1.5"])
def test_a_session_that_does_not_exist_is_refused(tmp_path: Path, cell: str) -> None:
    assert faults(roster(tmp_path, (cell, "", "", ""))) == [(2, SESSION)]


def test_an_empty_session_is_no_fault_where_there_is_one(tmp_path: Path) -> None:
    assert terms_of(roster(tmp_path, ("", "", "2", "")), EXAM) == [RowTerms(None, None, 2)]


def test_in_an_own_room_every_seat_of_several_sessions_names_one(tmp_path: Path) -> None:
    write_csv(tmp_path / "plain.csv", HEADER, PEOPLE)
    wanted = [(row, SESSION) for row in range(2, 2 + len(PEOPLE))]
    assert faults(tmp_path / "plain.csv", OWN_TWO) == wanted
    assert faults(tmp_path / "plain.csv", TWO) == []


def test_extra_time_ends_with_the_exam(tmp_path: Path) -> None:
    tight = EXAM.model_copy(update={"ends": EXAM.formal.sessions[0].ends + timedelta(minutes=5, seconds=59)})
    assert TermsRules.of(tight).most_extra == (5,)
    assert terms_of(roster(tmp_path, ("", "", "5", "")), tight) == [RowTerms(None, None, 5)]
    assert faults(roster(tmp_path, ("", "", "6", "")), tight) == [(2, EXTRA_MINUTES)]


def test_extra_time_leaves_room_for_a_mock_in_an_own_room() -> None:
    own, mock = DEMO, min(mock.closes - mock.opens for mock in DEMO.mock.sessions)
    most = TermsRules.of(own).most_extra[0]
    assert timedelta(minutes=most) < mock
    assert most <= 240


def test_a_diff_names_what_the_new_roster_changes(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    before = roster(old, ("1", "a", "3", ""), ("1", "", "", ""), ("2", "", "", ""))
    after = roster(new, ("2", "a", "", "wheelchair"), ("1", "", "", ""), ("2", "c", "", ""))
    changed = [entry.changed for entry in compare(before, after, TWO).entries]
    assert changed == [(SESSION, EXTRA_MINUTES, ADJUSTMENTS), (PAPER,)]


def test_a_diff_passes_over_columns_that_the_new_roster_has_not(tmp_path: Path) -> None:
    before = roster(tmp_path, ("1", "a", "3", ""))
    write_csv(tmp_path / "new.csv", (*HEADER, "场次"), [(*PEOPLE[0], "1")])
    result = compare(before, tmp_path / "new.csv", TWO)
    assert (result.entries, result.unchanged) == ([], 1)


def test_a_title_can_be_named_for_them(tmp_path: Path) -> None:
    path = roster(tmp_path, ("2",), titles=("批次安排",))
    named = Reading(columns=((SESSION, "批次安排"),))
    assert [row.terms.session for row in read(path, TWO, named) if isinstance(row, Candidate)] == [1]
    with pytest.raises(RosterColumnUnknown):
        list(read(path, TWO, Reading(columns=((SESSION, "没有这一列"),))))


def test_a_column_of_a_later_sheet_counts_too(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("第二考点")
    first.append((*HEADER, "备注"))
    first.append((*PEOPLE[0], "9"))
    second.append((*HEADER, "延长分钟"))
    second.append((*PEOPLE[1], 4))
    book.save(tmp_path / "two.xlsx")
    rows = list(read(tmp_path / "two.xlsx", EXAM, Reading(sheet="all")))
    assert [row.terms.extra_minutes for row in rows if isinstance(row, Candidate)] == [0, 4]


def test_a_sample_with_terms_is_sound_and_repeatable(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        write_sample_with_terms(tmp_path / name, sample(200, 5, TWO), 5, TWO)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    terms = terms_of(tmp_path / "one.csv")
    assert {row.session for row in terms} == {0, 1}
    assert 0 < sum(bool(row.adjustments) for row in terms) < 40


def papers(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).touch()
    return folder


def test_papers_that_are_not_there_are_remarked_on_once_each(tmp_path: Path) -> None:
    there = papers(
        tmp_path / "papers",
        "formal-0.toml",
        "formal-0.b.sealed.json",
        "formal-1.c.toml",
        "formal-0.spare.toml",
    )
    path = roster(
        tmp_path,
        ("1", "a", "", ""), ("1", "b", "", ""), ("2", "c", "", ""), ("1", "", "", ""),
        ("1", "c", "", ""), ("2", "b", "", ""), ("1", "c", "", ""), ("1", "spare", "", ""),
    )  # fmt: skip
    found = check(path, TWO, papers=there).papers
    assert [(each.place, each.rows) for each in found] == [("6", 2), ("7", 1), ("9", 1)]
    assert [each.remark.zh for each in found] == [
        "正式第 1 场没有试卷“c”，现有：a、b",
        "正式第 2 场没有试卷“b”，现有：c",
        "备用卷只能整场启用，不能指定给个别考生",
    ]


def test_without_papers_to_compare_with_nothing_is_said(tmp_path: Path) -> None:
    path = roster(tmp_path, ("1", "x", "", ""))
    for folder in (None, tmp_path / "absent", papers(tmp_path / "none", "mock-0.toml", "cases.png")):
        assert check(path, TWO, papers=folder).papers == []


def test_the_only_session_need_not_be_named_for_its_papers(tmp_path: Path) -> None:
    there = papers(tmp_path / "papers", "formal-0.a.toml")
    path = roster(tmp_path, ("", "a", "", ""), ("", "b", "", ""))
    assert [each.place for each in check(path, EXAM, papers=there).papers] == ["3"]
