"""Column titles as registration systems have them: rules with ranks, and titles that the caller names."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from oneseat.pipeline.roster import Candidate, Reading, check, read
from oneseat.pipeline.roster.columns import ADMISSION_NUMBER, ID_NUMBER, NAME, Columns, read_header
from oneseat.pipeline.roster.errors import (
    RosterColumnsDoubled,
    RosterColumnsMissing,
    RosterColumnUnknown,
)
from tests.pipeline.test_roster_files import EXAM, HEADER, PEOPLE


def roster(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize(
    "titles",
    [
        ("姓名", "身份证件号", "准考证号"),
        ("姓名", "证件号码", "考籍号"),
        ("姓名", "公民身份证号码", "考试号"),
        ("考生姓名", "有效证件号码", "准考证号码"),
        ("姓名", "居民身份证号码", "笔试准考证号码"),
        ("姓名", "身份证号码(18位)", "面试准考证号"),
        ("姓 名", "证 件 号 码", "准 考 证 号"),
        ("XM", "SFZH", "ZKZH"),
        ("应试人员姓名", "证件号码/ID No.", "考号"),
        ("Name/姓名", "居民身份证", "准考证号（笔试）"),
        ("姓名", "身分證字號", "准考證號"),
        ("Full Name", "Document Number", "Admission Ticket No."),
    ],
)
def test_titles_are_known_by_rule(titles: tuple[str, str, str]) -> None:
    assert read_header(titles).positions == {NAME: 0, ID_NUMBER: 1, ADMISSION_NUMBER: 2}


@pytest.mark.parametrize(
    ("titles", "wanted"),
    [
        (("ID", "姓名", "身份证号", "准考证号"), (1, 2, 3)),
        (("姓名", "Name", "身份证号", "准考证号"), (0, 2, 3)),
        (("姓名", "姓名（拼音）", "证件类型", "证件号码", "准考证号"), (0, 3, 4)),
        (("证件号码", "身份证号", "考生号", "准考证号", "姓名"), (4, 1, 3)),
        (("监护人姓名", "监护人身份证号", "姓名", "身份证号", "准考证号"), (2, 3, 4)),
        (("考场号", "座位号", "姓名", "身份证号", "考号"), (2, 3, 4)),
    ],
)
def test_the_specific_title_wins(titles: tuple[str, ...], wanted: tuple[int, int, int]) -> None:
    header = read_header(titles)
    assert header.columns() == Columns(*wanted)
    assert header.duplicates == {}


def test_a_sentence_that_names_all_columns_is_no_title() -> None:
    sentence = "请核对姓名、身份证号和准考证号，如有错误请联系考务办公室更正"
    assert read_header([sentence]).positions == {}


def test_a_header_of_two_rows_is_read(tmp_path: Path) -> None:
    """Merged cells leave the cells to the right of a title empty."""
    rows = [
        ("2035年面试考生名单", "", "", ""),
        ("姓名", "证件", "", "准考证号"),
        ("", "类型", "号码", ""),
        *((p.name, "身份证", p.id_number, p.admission_number) for p in PEOPLE),
    ]
    entries = list(read(roster(tmp_path / "r.csv", rows), EXAM))
    assert [entry.id_number for entry in entries if isinstance(entry, Candidate)] == [
        p.id_number for p in PEOPLE
    ]


def test_a_second_row_that_repeats_titles_is_no_candidate(tmp_path: Path) -> None:
    rows = [HEADER, ("", "证件号码", ""), *PEOPLE]
    assert check(roster(tmp_path / "r.csv", rows), EXAM).rows == len(PEOPLE)


def test_two_titles_of_one_rank_are_refused_by_name_until_one_is_chosen(tmp_path: Path) -> None:
    rows = [
        ("姓名", "身份证号", "笔试准考证号", "面试准考证号"),
        *((*p[:2], "0" * 12, p.admission_number) for p in PEOPLE),
    ]
    path = roster(tmp_path / "r.csv", rows)
    with pytest.raises(RosterColumnsDoubled) as caught:
        check(path, EXAM)
    assert "笔试准考证号、面试准考证号" in caught.value.diagnostics("zh")
    assert "--column admission_number=" in caught.value.diagnostics("zh")
    chosen = Reading(columns=((ADMISSION_NUMBER, "面试准考证号"),))
    assert check(path, EXAM, chosen).sound == len(PEOPLE)


def test_any_title_can_be_named_for_a_column(tmp_path: Path) -> None:
    path = roster(tmp_path / "r.csv", [("称呼", "编号", "报名序号"), *PEOPLE])
    with pytest.raises(RosterColumnsMissing) as caught:
        check(path, EXAM)
    assert "称呼、编号、报名序号" in caught.value.diagnostics("zh")
    chosen = ((NAME, "称呼"), (ID_NUMBER, " 编号 "), (ADMISSION_NUMBER, "报名序号"))
    assert check(path, EXAM, Reading(columns=chosen)).sound == len(PEOPLE)
    with_tabs = tmp_path / "tabs.txt"
    with_tabs.write_text(path.read_text("utf-8").replace(",", "\t"), encoding="utf-8")
    assert check(with_tabs, EXAM, Reading(columns=chosen)).sound == len(PEOPLE)
    with pytest.raises(RosterColumnUnknown, match="没有的列"):
        check(path, EXAM, Reading(columns=(*chosen[:2], (ADMISSION_NUMBER, "没有的列"))))


def test_a_roster_without_titles_shows_none_of_its_candidates(tmp_path: Path) -> None:
    with pytest.raises(RosterColumnsMissing) as caught:
        check(roster(tmp_path / "r.csv", PEOPLE), EXAM)
    shown = caught.value.diagnostics("zh") + caught.value.diagnostics("en")
    for person in PEOPLE:
        assert not any(value in shown for value in person)
