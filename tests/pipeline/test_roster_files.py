"""Rosters as people have them: which sheet, hidden rows, and files that are no table at all."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from msoffcrypto.format.ooxml import OOXMLFile  # type: ignore[import-untyped]

from oneseat.commands.roster import sheet_lines
from oneseat.pipeline.exam.model import load
from oneseat.pipeline.roster import ALL_SHEETS, Candidate, FaultyRow, Reading, check, read, sample, workbooks
from oneseat.pipeline.roster import errors as refusals
from oneseat.pipeline.roster.fault_list import write_fault_list
from oneseat.pipeline.roster.files import fingerprint
from signing.errors import OneSeatError

EXAM = load(Path(__file__).parents[2] / "exams" / "demo.toml")
RESIDENTS = EXAM.model_copy(update={"document_kinds": ["resident-id"]})
PEOPLE = list(sample(12, 7, RESIDENTS))
HEADER = ("姓名", "身份证号", "准考证号")
PASSWORD = Path(__file__).with_name("rosters") / "password.xlsx"

Rows = Sequence[Sequence[object]]


def workbook(path: Path, sheets: dict[str, Rows], hidden: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def text(path: Path, rows: Rows, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def numbers(path: Path, reading: Reading | None = None) -> list[str]:
    entries = list(read(path, EXAM, reading or Reading()))
    return [entry.admission_number for entry in entries if isinstance(entry, Candidate)]


def all_numbers(first: int, last: int) -> list[str]:
    return [person.admission_number for person in PEOPLE[first:last]]


def refusal(path: Path, reading: Reading | None = None) -> OneSeatError:
    with pytest.raises(OneSeatError) as caught:
        check(path, EXAM, reading or Reading())
    return caught.value


# ------------------------------------------------------------------------------------------ sheets


def test_the_visible_sheet_with_titles_is_read_and_named(tmp_path: Path) -> None:
    sheets: dict[str, Rows] = {
        "旧名单": [HEADER, *PEOPLE[:3]],
        "填表说明": [("请在“考生”表填写",)],
        "考生": [HEADER, *PEOPLE[3:10]],
    }
    report = check(workbook(tmp_path / "r.xlsx", sheets, hidden=["旧名单"]), EXAM)
    assert (report.rows, report.sheets, report.ignored_sheets) == (7, ["考生"], ["旧名单", "填表说明"])


def test_several_sheets_with_candidates_are_refused_by_name(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "r.xlsx", {"第一考点": [HEADER, *PEOPLE[:5]], "第二考点": [HEADER, *PEOPLE[5:]]}
    )
    error = refusal(path)
    assert isinstance(error, refusals.RosterSheetsAmbiguous)
    assert "第一考点、第二考点" in error.diagnostics("zh")
    assert numbers(path, Reading("第二考点")) == all_numbers(5, 12)


def test_all_sheets_are_read_together_and_each_row_keeps_its_place(tmp_path: Path) -> None:
    moved = [(p.admission_number, "", p.name, p.id_number) for p in (*PEOPLE[5:9], PEOPLE[0])]
    second = [("2035年",), ("准考证号", "备注", "姓名", "身份证号"), *moved]
    sheets: dict[str, Rows] = {"第一考点": [HEADER, *PEOPLE[:5]], "第二考点": second, "封面": [("x",)]}
    path = workbook(tmp_path / "r.xlsx", sheets)
    assert numbers(path, Reading(ALL_SHEETS)) == all_numbers(0, 9)
    report = check(path, EXAM, Reading(ALL_SHEETS))
    assert report.sheets == ["第一考点", "第二考点"]
    (faulty,) = report.faulty
    assert faulty.place == "第二考点!7"
    assert {fault.reason.en for fault in faulty.faults} == {"it repeats row 第一考点!2"}
    rows = [entry.row for entry in read(path, EXAM, Reading(ALL_SHEETS))]
    assert rows == sorted(set(rows)), "a row's number names one row"


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", {"一": [HEADER, *PEOPLE], "二": [("x",)]})
    assert "一、二" in refusal(path, Reading("三")).diagnostics("zh")
    error = refusal(text(tmp_path / "r.csv", [HEADER, *PEOPLE]), Reading("三"))
    assert isinstance(error, refusals.RosterSheetUnknown)


def test_a_hidden_sheet_is_read_when_it_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", {"旧": [HEADER, *PEOPLE[:2]], "新": [HEADER, *PEOPLE]}, ["旧"])
    assert numbers(path, Reading("旧")) == all_numbers(0, 2)


def test_hidden_rows_are_read_and_counted(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", {"考生": [HEADER, *PEOPLE]})
    book = openpyxl.load_workbook(path)
    for row in (3, 5, 7, 40):
        book["考生"].row_dimensions[row].hidden = True
    book.save(path)
    report = check(path, EXAM)
    assert (report.rows, report.hidden_rows) == (12, 3)


@pytest.mark.parametrize("beyond", [False, True])
def test_hidden_columns_that_are_read_are_named(tmp_path: Path, beyond: bool) -> None:
    rows = [("备注", *HEADER), *(("", *person) for person in PEOPLE)]
    path = workbook(tmp_path / "r.xlsx", {"考生": rows})
    book = openpyxl.load_workbook(path)
    columns = book["考生"].column_dimensions
    for letter in ("A", "D", "C"):
        columns[letter].hidden = True
    columns["E"].hidden, columns["E"].min, columns["E"].max = beyond, 5, 16384
    book.save(path)
    report = check(path, EXAM)
    assert (report.rows, report.hidden_columns) == (12, ["C (身份证号)", "D (准考证号)"])
    (line,) = sheet_lines(report)
    assert "C (身份证号), D (准考证号)" in line and "--column" in line


def test_hidden_columns_of_several_sheets_are_named_with_their_sheets(tmp_path: Path) -> None:
    sheets: dict[str, Rows] = {"一": [HEADER, *PEOPLE[:5]], "二": [HEADER, *PEOPLE[5:]]}
    path = workbook(tmp_path / "r.xlsx", sheets)
    book = openpyxl.load_workbook(path)
    book["二"].column_dimensions["A"].hidden = True
    book.save(path)
    assert check(path, EXAM, Reading(ALL_SHEETS)).hidden_columns == ["二!A (姓名)"]
    assert check(path, EXAM, Reading("一")).hidden_columns == []


# ------------------------------------------------------------------------- what other programs write


def rewritten(path: Path, old: bytes, new: bytes) -> Path:
    """Replace bytes in a workbook's sheets, as another program would have written them."""
    parts = {}
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            parts[name] = book.read(name)
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            sheet = name.startswith("xl/worksheets/")
            assert not sheet or old in content
            book.writestr(name, content.replace(old, new) if sheet else content)
    return path


@pytest.mark.parametrize("dimension", [b"A0:C48943", b"A1", b"nonsense"])
def test_a_wrong_dimension_does_not_matter(tmp_path: Path, dimension: bytes) -> None:
    path = rewritten(
        workbook(tmp_path / "r.xlsx", {"s": [HEADER, *PEOPLE]}), b'ref="A1:C13"', b'ref="%b"' % dimension
    )
    assert numbers(path) == all_numbers(0, 12)


def test_a_formula_without_its_value_has_its_own_reason(tmp_path: Path) -> None:
    rows = [(p.name, p.id_number, f'=TEXT({p.admission_number}+0,"0")') for p in PEOPLE]
    report = check(workbook(tmp_path / "r.xlsx", {"s": [HEADER, *rows]}), EXAM)
    assert report.sound == 0
    assert {fault.reason.zh.partition("；")[0] for row in report.faulty for fault in row.faults} == {
        "单元格是公式，但文件中没有保存计算结果"
    }


def test_windows_own_gbk_is_read(tmp_path: Path) -> None:
    """FE51 and its like are letters there, which Python's table lacks, and 80 is the euro sign."""
    lines = [b"\xd0\xd5\xc3\xfb,\xc9\xed\xb7\xdd\xd6\xa4\xba\xc5,\xd7\xbc\xbf\xbc\xd6\xa4\xba\xc5"]
    names = (b"\xfe\x9f", b"\xfe\x59", b"\xfe\x51", b"\xfe\xa0", b"\xfe\x61", b"\x80")
    for name, person in zip(names, PEOPLE, strict=False):
        lines.append(
            b"\xc1\xf5%b,%b,%b" % (name, person.id_number.encode(), person.admission_number.encode())
        )
    (tmp_path / "r.csv").write_bytes(b"\r\n".join(lines))
    report = check(tmp_path / "r.csv", EXAM)
    assert (report.sound, [remark.row for remark in report.remarks]) == (6, [7])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_read(tmp_path: Path, encoding: str) -> None:
    assert numbers(text(tmp_path / "r.csv", [HEADER, *PEOPLE], encoding)) == all_numbers(0, 12)


# ------------------------------------------------------------------------------------ no table at all

REFUSED = {
    "page.xls": (b"<html><body><table><tr><td>\xe5\xa7\x93</td></tr></table>", refusals.RosterWebPage),
    "page2.xls": (b"\xef\xbb\xbf\r\n<!DOCTYPE html><table>", refusals.RosterWebPage),
    "xml.xls": (b'<?xml version="1.0"?><Workbook xmlns="urn:x"/>', refusals.RosterWebPage),
    "~$list.xlsx": (b"\x04user", refusals.RosterLockFile),
    ".~lock.list.xlsx#": (b",user,host", refusals.RosterLockFile),
    "list.json": (b'[{"name": "x"}]', refusals.RosterNoTable),
    "list.pdf": (b"%PDF-1.7", refusals.RosterNoTable),
    "list.rar": (b"Rar!\x1a\x07", refusals.RosterNoTable),
    "empty.csv": (b"", refusals.RosterEmpty),
    "blank.csv": (b"\xef\xbb\xbf \r\n\r\n", refusals.RosterEmpty),
    "titles.csv": ("姓名,身份证号,准考证号\n,,\n".encode(), refusals.RosterEmpty),
    "big5.csv": ("姓名,身分證號,准考證號\n王,1,2\n".encode("big5"), refusals.RosterBig5),
    "comma.csv": ("姓名，身份证号，准考证号\n王，1，2\n".encode(), refusals.RosterSeparator),
    "bar.csv": ("姓名|身份证号|准考证号\n王|1|2\n".encode(), refusals.RosterSeparator),
    "damaged.xlsx": (b"PK\x03\x04" + bytes(200), refusals.RosterUnreadable),
}


@pytest.mark.parametrize("name", REFUSED)
def test_each_kind_of_file_has_its_own_words(tmp_path: Path, name: str) -> None:
    content, wanted = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    assert type(refusal(tmp_path / name)) is wanted


def test_a_workbook_without_candidates_is_refused(tmp_path: Path) -> None:
    assert isinstance(refusal(workbook(tmp_path / "r.xlsx", {"s": [HEADER]})), refusals.RosterEmpty)


@pytest.mark.parametrize("part", ["word/document.xml", "photos/1.jpg"])
def test_other_archives_are_no_workbooks(tmp_path: Path, part: str) -> None:
    with zipfile.ZipFile(tmp_path / "r.xlsx", "w") as archive:
        archive.writestr(part, "x")
    assert isinstance(refusal(tmp_path / "r.xlsx"), refusals.RosterNoTable)


def test_a_password_is_called_a_password() -> None:
    error = refusal(PASSWORD)
    assert isinstance(error, refusals.RosterEncrypted)
    assert "保护工作簿" in error.diagnostics("zh")


def encrypted(path: Path, password: str) -> Path:
    """Encrypt a workbook as Excel does (agile encryption)."""
    content = io.BytesIO()
    with path.open("rb") as file:
        OOXMLFile(file).encrypt(password, content)
    path.write_bytes(content.getvalue())
    return path


def test_a_workbook_under_the_default_password_is_read_as_any_other(tmp_path: Path) -> None:
    """Excel opens it without a question: its structure is protected, or it is recommended to be read only."""
    path = workbook(tmp_path / "r.xlsx", {"考生": [HEADER, *PEOPLE], "旧": [HEADER]}, hidden=["旧"])
    book = openpyxl.load_workbook(path)
    book["考生"].row_dimensions[3].hidden = True
    book.save(path)
    plain = check(path, EXAM)
    assert encrypted(path, "VelvetSweatshop").read_bytes().startswith(b"\xd0\xcf\x11\xe0")
    assert check(path, EXAM) == plain
    assert (plain.rows, plain.hidden_rows, plain.sheets) == (12, 1, ["考生"])
    assert [file.name for file in tmp_path.iterdir()] == ["r.xlsx"], "no copy is written"


def test_a_wrong_dimension_and_its_limits_count_in_a_decrypted_workbook_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "r.xlsx", {"考生": [HEADER, *PEOPLE]})
    parts = {}
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content.replace(b'<dimension ref="A1:C13"', b'<dimension ref="A0:C13"'))
    assert numbers(encrypted(path, "VelvetSweatshop")) == all_numbers(0, 12)
    monkeypatch.setattr(workbooks, "_MOST_CELLS", 10)
    assert isinstance(refusal(path), refusals.RosterTooLarge)


@pytest.mark.parametrize("cut", [600, 2000, 5000, 6000])
def test_a_damaged_encrypted_workbook_is_refused(tmp_path: Path, cut: int) -> None:
    path = encrypted(workbook(tmp_path / "r.xlsx", {"考生": [HEADER, *PEOPLE]}), "VelvetSweatshop")
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    assert isinstance(refusal(path), refusals.RosterEncrypted | refusals.RosterUnreadable)
    path.write_bytes(whole[:cut] + bytes(len(whole) - cut))
    assert isinstance(refusal(path), refusals.RosterEncrypted | refusals.RosterUnreadable)


def test_another_password_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = encrypted(workbook(tmp_path / "r.xlsx", {"考生": [HEADER, *PEOPLE]}), "a password of their own")
    error = refusal(path)
    assert isinstance(error, refusals.RosterEncrypted)
    assert "清空密码" in error.diagnostics("zh") and "Encrypt with Password" in error.diagnostics("en")


def test_what_is_no_file_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    """Opening a pipe would wait for a writer, for ever."""
    os.mkfifo(tmp_path / "pipe")
    for path, wanted in (
        (tmp_path / "absent.csv", refusals.RosterMissing),
        (tmp_path, refusals.RosterIsFolder),
        (tmp_path / "pipe", refusals.RosterIsPipe),
    ):
        assert type(refusal(path)) is wanted
        with pytest.raises(wanted):
            fingerprint(path)
    assert str(tmp_path / "absent.csv") in refusal(tmp_path / "absent.csv").diagnostics("zh")


# ------------------------------------------------------------------------------- remarks and the list


@pytest.mark.parametrize(
    ("name", "words"),
    [
        *(
            ("王五(女)", "括号"),
            ("张三（小）", "括号"),
            ("赵六1", "数字"),
            ("李四②", "数字"),
            ("钱七*", "符号"),
        ),
        *(("吴十/WU SHI", "符号"), ("=cmd|' /C calc'!A0", "数字"), ("孙八A", "字母"), ("刘€", "符号")),
    ],
)
def test_what_is_beside_a_name_is_remarked_and_no_fault(tmp_path: Path, name: str, words: str) -> None:
    rows = [HEADER, tuple(PEOPLE[0]), (name, *PEOPLE[1][1:])]
    report = check(text(tmp_path / "r.csv", rows), EXAM)
    (remark,) = report.remarks
    assert (report.sound, remark.place) == (2, "3")
    assert words in remark.remark.zh
    assert name not in repr(report)


@pytest.mark.parametrize(
    "name",
    [
        "阿卜杜拉·买买提",
        "阿卜杜拉.买买提",
        "阿卜杜拉 买买提",
        "SMITH-JONES J.R.",
        "O'Brien",
        "〇某",
        "张\u200b三",
    ],
)
def test_a_usual_name_has_no_remark(tmp_path: Path, name: str) -> None:
    assert check(text(tmp_path / "r.csv", [HEADER, (name, *PEOPLE[1][1:])]), EXAM).remarks == []


def test_the_list_of_faults_has_all_of_them_and_no_value(tmp_path: Path) -> None:
    rows = [(p.name + "(女)", p.id_number, p.admission_number) for p in PEOPLE[:2]]
    rows += [(p.name, p.id_number[:17], p.admission_number[:11]) for p in PEOPLE[2:]]
    rows += [("=1+1+1+1+1", PEOPLE[11].id_number, "=HYPERLINK(1)")]
    report = check(text(tmp_path / "r.csv", [HEADER, *rows]), RESIDENTS)
    assert write_fault_list(tmp_path / "faults.csv", report) == 2 * 10 + 2 + 2
    written = (tmp_path / "faults.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    assert len(lines) == 25
    assert lines[1][:2] == ["4", "身份证号"] and "应为 18 位，实为 17 位" in lines[1]
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line)
    for person in PEOPLE:
        assert person.id_number[:17] not in written.decode()
        assert person.name not in written.decode()


def test_control_characters_are_masked_wherever_they_are(tmp_path: Path) -> None:
    rows = [HEADER, ("王", "\x1b[31mabcdef\x1b", PEOPLE[0].admission_number)]
    report = check(text(tmp_path / "r.csv", rows), EXAM)
    assert isinstance(report.faulty[0], FaultyRow)
    assert all(fault.masked.isprintable() for row in report.faulty for fault in row.faults)
