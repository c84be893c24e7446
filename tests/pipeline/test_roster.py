"""Rosters as registrars send them: encodings, headers, and what spreadsheets do to numbers."""

from __future__ import annotations

import csv
import io
import itertools
import os
import tracemalloc
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneseat.pipeline.exam.model import Exam, load
from oneseat.pipeline.roster import Candidate, FaultyRow, RosterReport, check, read, sample, write_sample
from oneseat.pipeline.roster.cells import Cell, CellDamaged, name_cell, number_cell
from oneseat.pipeline.roster.check import masked
from oneseat.pipeline.roster.columns import read_header
from oneseat.pipeline.roster.errors import (
    RosterColumnsDoubled,
    RosterColumnsMissing,
    RosterIsFolder,
    RosterIsPipe,
    RosterMissing,
    RosterTooLarge,
    RosterUnreadable,
    SampleTooLarge,
)
from oneseat.pipeline.roster.sample import Person
from signing.documents import KINDS
from signing.documents import check as check_document
from signing.errors import OneSeatError
from tests.effort import examples

EXAM = load(Path(__file__).parents[2] / "exams" / "demo.toml")
ANY_LENGTH = EXAM.model_copy(
    update={"admission_number": EXAM.admission_number.model_copy(update={"length": None})}
)
RESIDENTS = EXAM.model_copy(update={"document_kinds": ["resident-id"]})
HEADER = ("姓名", "身份证号", "准考证号")
MAGICS = [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xef\xbb\xbf", b"\xff\xfe"]
PEOPLE = list(sample(40, 7, RESIDENTS))


def _csv(path: Path, rows: Sequence[Sequence[object]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def _xlsx(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    workbook.save(path)
    return path


def _faults(report: RosterReport) -> list[tuple[int, str, str]]:
    return [(row.row, fault.column, fault.reason.en) for row in report.faulty for fault in row.faults]


def _candidates(path: Path, exam: Exam = EXAM) -> list[Candidate]:
    entries = list(read(path, exam))
    assert not [entry for entry in entries if isinstance(entry, FaultyRow)]
    return [entry for entry in entries if isinstance(entry, Candidate)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_is_read_in_every_encoding(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = _csv(tmp_path / "r.csv", [HEADER, *PEOPLE], encoding, delimiter)
    read_back = _candidates(path)
    assert [(c.name, c.id_number, c.admission_number) for c in read_back] == [tuple(p) for p in PEOPLE]
    assert [c.row for c in read_back] == list(range(2, 42))


def test_a_workbook_is_read_by_its_content_not_its_name(tmp_path: Path) -> None:
    path = _xlsx(tmp_path / "roster.csv", [HEADER, *PEOPLE])
    assert [c.name for c in _candidates(path)] == [p.name for p in PEOPLE]


@pytest.mark.parametrize(
    "header",
    [
        ("Name", "ID_Number", "Admission No."),
        (" 考生姓名 ", "证件号码（必填）", "准考证号*"),
        ("ＮＡＭＥ", "身份证 号码", "笔试准考证号"),
    ],
)
def test_headers_are_known_in_both_languages(tmp_path: Path, header: tuple[str, str, str]) -> None:
    assert len(_candidates(_csv(tmp_path / "r.csv", [header, *PEOPLE]))) == 40


def test_columns_may_stand_anywhere_under_a_title_row(tmp_path: Path) -> None:
    rows = [("2035年面试考生名单",), (), ("序号", "准考证号", "姓名", "备注", "身份证号")]
    rows += [(str(n), p.admission_number, p.name, "", p.id_number) for n, p in enumerate(PEOPLE)]
    for path in (_csv(tmp_path / "r.csv", rows), _xlsx(tmp_path / "r.xlsx", rows)):
        read_back = _candidates(path)
        assert [c.id_number for c in read_back] == [p.id_number for p in PEOPLE]
        assert read_back[0].row == 4


def test_rows_keep_the_numbers_that_the_spreadsheet_shows(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for column, title in enumerate(HEADER, start=2):
        sheet.cell(4, column, title)
        sheet.cell(6, column, PEOPLE[0][column - 2])
    sheet.cell(9, 2, "测试考生")
    workbook.save(tmp_path / "r.xlsx")
    entries = list(read(tmp_path / "r.xlsx", EXAM))
    assert [(type(e).__name__, e.row) for e in entries] == [("Candidate", 6), ("FaultyRow", 9)]


def test_damage_is_named_row_by_row_and_stops_only_its_row(tmp_path: Path) -> None:
    good, other, third = PEOPLE[:3]
    wrong_check = good.id_number[:-1] + ("0" if good.id_number[-1] != "0" else "1")
    rows: list[tuple[object, ...]] = [
        HEADER,
        tuple(good),
        (other.name, "1.10101E+17", other.admission_number),
        (other.name, wrong_check, other.admission_number),
        ("", other.id_number, other.admission_number),
        (other.name, other.id_number, "12345"),
        (other.name, other.id_number, good.admission_number),
        (other.name, good.id_number, other.admission_number),
        ("", "", ""),
        (other.name, "0000002010130100X", "x" * 12),
        tuple(other),
        (third.name, third.id_number),
        (third.name, "#N/A", third.admission_number),
    ]
    report = check(_csv(tmp_path / "r.csv", rows), RESIDENTS)
    assert report.sound == 2
    assert report.rows == 11
    where = [(row, column.partition("_")[0]) for row, column, _ in _faults(report)]
    assert where == [
        *((3, "id"), (4, "id"), (5, "name"), (6, "admission"), (7, "admission"), (8, "id")),
        *((10, "id"), (10, "admission"), (12, "admission"), (13, "id")),
    ]
    said = [reason for _, _, reason in _faults(report)]
    assert "scientific" in said[0]
    assert "check character" in said[1]
    assert "leading zeros may be lost" in said[3]
    assert said[4] == said[5] == "it repeats row 2"
    assert all(fault.reason.zh for row in report.faulty for fault in row.faults)


def test_number_cells_give_back_leading_zeros_only_when_the_length_is_known(tmp_path: Path) -> None:
    short = [(p.name, p.id_number, 2035000 + n) for n, p in enumerate(PEOPLE)]
    path = _xlsx(tmp_path / "r.xlsx", [HEADER, *short])
    mended = _candidates(path)
    assert mended[3].admission_number == "000002035003"
    assert all(c.mended for c in mended)
    assert _candidates(path, ANY_LENGTH)[3].admission_number == "2035003"
    as_text = _csv(tmp_path / "r.csv", [HEADER, *short])
    assert len(check(as_text, EXAM).faulty) == 40


def test_a_number_cell_with_an_id_number_has_lost_digits(tmp_path: Path) -> None:
    rows = [(p.name, int("1" + p.id_number[1:17] + "0"), p.admission_number) for p in PEOPLE]
    report = check(_xlsx(tmp_path / "r.xlsx", [HEADER, *rows]), EXAM)
    assert report.sound == 0
    assert {column for _, column, _ in _faults(report)} == {"id_number"}
    assert "last digits are lost" in _faults(report)[0][2]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("'001234", "001234"),
        ("’001234", "001234"),
        ('="001234"', "001234"),
        ("００１２３４", "001234"),
        ("  001234\u3000", "001234"),
        ("\u00a0001234\u200b", "001234"),
        ("1234.0", "1234"),
        (1234.0, "1234"),
        (1234, "1234"),
        (None, ""),
        ("1E2345678", "1E2345678"),
    ],
)
def test_what_spreadsheets_add_is_taken_away(written: object, text: str) -> None:
    assert number_cell(written).text.strip("\u200b") == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written",
    [
        *("1.10101E+17", "1.1e+17", "1E+17", "１．１Ｅ＋１７", "1101011990030700.0"),
        *(1.1e17, 1e15, 0.5, True, "#N/A", "####", "a\nb"),
    ],
)
def test_what_cannot_be_known_is_refused(written: object) -> None:
    with pytest.raises(CellDamaged):
        number_cell(written)  # type: ignore[arg-type]


@given(st.text(max_size=40) | st.floats(allow_nan=True) | st.integers() | st.booleans() | st.none())
def test_any_cell_is_read_or_refused(value: str | float | None) -> None:
    for read_cell in (number_cell, name_cell):
        with suppress(CellDamaged):
            assert isinstance(read_cell(value), (Cell, str))


@given(st.integers(0, 10**15 - 1))
def test_a_number_cell_is_exact_below_sixteen_digits(number: int) -> None:
    assert number_cell(float(number)).text == str(number)


@pytest.mark.any_content
@settings(max_examples=examples(60), deadline=None)
@given(
    content=st.binary(max_size=200),
    kind=st.sampled_from(MAGICS),
)
def test_any_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: bytes
) -> None:
    path = tmp_path_factory.mktemp("r") / "r"
    header = "姓名,身份证号,准考证号\n".encode()
    for data in (kind + content, kind + header + content):
        path.write_bytes(data)
        with suppress(OneSeatError):
            list(read(path, EXAM))


def test_an_unclosed_quotation_mark_is_noticed(tmp_path: Path) -> None:
    text = "姓名,身份证号,准考证号\n" + "".join(",".join(p) + "\n" for p in PEOPLE)
    text = text.replace(PEOPLE[5].name, '"' + PEOPLE[5].name)
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    report = check(tmp_path / "r.csv", EXAM)
    assert report.sound == 5
    assert (7, "name") in {(row, column) for row, column, _ in _faults(report)}
    assert "several lines" in _faults(report)[0][2]


def test_damaged_utf8_is_not_taken_for_gb18030(tmp_path: Path) -> None:
    data = bytearray(_csv(tmp_path / "r.csv", [HEADER, *PEOPLE]).read_bytes())
    at = data.rindex("测".encode())
    data[at] = 0xFF
    (tmp_path / "r.csv").write_bytes(data)
    with pytest.raises(RosterUnreadable) as caught:
        check(tmp_path / "r.csv", EXAM)
    assert f"byte {at}" in caught.value.diagnostics()


def test_missing_and_doubled_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(RosterColumnsMissing) as caught:
        check(_csv(tmp_path / "a.csv", [("姓名", "电话"), ("x", "1")]), EXAM)
    assert "ID number, admission number" in caught.value.diagnostics("en")
    assert "身份证号、准考证号" in caught.value.diagnostics("zh")
    with pytest.raises(RosterColumnsDoubled, match="身份证号, 身份证号码"):
        check(_csv(tmp_path / "b.csv", [(*HEADER, "身份证号码"), *PEOPLE]), EXAM)


def test_absent_and_damaged_files_are_refused_each_with_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    os.mkfifo(tmp_path / "pipe")
    refusals = {"none.csv": RosterMissing, ".": RosterIsFolder, "pipe": RosterIsPipe}
    for name, refusal in {**refusals, "locked.xlsx": RosterUnreadable}.items():
        with pytest.raises(refusal):
            check(tmp_path / name, EXAM)


def test_exchanged_columns_never_pass_an_id_number_for_an_admission_number(tmp_path: Path) -> None:
    rows = [(p.name, p.admission_number, p.id_number) for p in PEOPLE]
    for exam in (EXAM, ANY_LENGTH):
        report = check(_csv(tmp_path / "r.csv", [HEADER, *rows]), exam)
        assert report.sound == 0


def test_faults_hide_the_value(tmp_path: Path) -> None:
    rows = [(p.name, p.id_number[:-1], p.admission_number[:-1]) for p in PEOPLE]
    report = check(_csv(tmp_path / "r.csv", [HEADER, *rows]), EXAM)
    shown = repr(report)
    for person in PEOPLE:
        assert person.id_number[:-1] not in shown
        assert person.id_number[6:14] not in shown
        assert person.name not in shown


@given(st.text(max_size=60))
def test_masks_show_two_characters_at_most(text: str) -> None:
    shown = masked(text).replace("*", "")
    assert len(shown) <= 2 + text.count("*")


@given(st.sampled_from(KINDS), st.integers(0, 2**32))
def test_samples_are_valid_and_fictitious(kind: str, seed: int) -> None:
    exam = EXAM.model_copy(update={"document_kinds": [kind]})
    for person in sample(20, seed, exam):
        assert check_document([kind], person.id_number) == kind
        assert "测试" in person.name or "示例" in person.name
        if kind == "resident-id":
            assert person.id_number.startswith("000000")


def test_samples_repeat_by_seed_and_never_hold_one_number_twice(tmp_path: Path) -> None:
    people = list(sample(5000, 1, EXAM))
    assert people == list(sample(5000, 1, EXAM))
    assert people != list(sample(5000, 2, EXAM))
    for column in zip(*people, strict=True):
        assert len(set(column)) == 5000
    assert write_sample(tmp_path / "r.csv", iter(people)) == 5000
    assert check(tmp_path / "r.csv", EXAM).sound == 5000
    assert write_sample(tmp_path / "g.csv", iter(people), "gb18030") == 5000
    assert check(tmp_path / "g.csv", EXAM).sound == 5000


def test_a_sample_never_runs_out_of_numbers_silently() -> None:
    tiny = EXAM.model_copy(
        update={"admission_number": EXAM.admission_number.model_copy(update={"length": 2})}
    )
    assert {len(person.admission_number) for person in sample(89, 1, tiny)} == {2}
    with pytest.raises(SampleTooLarge):
        sample(91, 1, tiny)


def test_memory_does_not_grow_with_what_rows_hold(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    write_sample(
        path, (Person(p.name + "测" * 60, p.id_number, p.admission_number) for p in sample(5_000, 3, EXAM))
    )
    tracemalloc.start()
    for _ in itertools.islice(read(path, EXAM), 5_000):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 << 20, "two 64-bit hashes and a row number for each of 5,000 rows, and no text"


def test_a_header_is_not_found_in_data() -> None:
    assert read_header(list(PEOPLE[0])).positions == {}


def test_a_stray_cell_at_the_end_of_a_sheet_is_refused_and_not_laid_out(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["姓名", "身份证号", "准考证号"])
    sheet["XFD1048576"] = "x"
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(RosterTooLarge, match="16384 columns"):
        check(tmp_path / "far.xlsx", EXAM)


def test_a_workbook_that_unpacks_beyond_measure_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "bomb.xlsx")
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/zeros", bytes(600 << 20), compresslevel=1)
    with pytest.raises(RosterTooLarge, match="unpacked"):
        check(tmp_path / "bomb.xlsx", EXAM)


@pytest.mark.parametrize("garbled", ["张\0三", "张\x07三", "张\ufffd", "张\ue000三"])
def test_a_name_that_nobody_can_type_is_a_fault(tmp_path: Path, garbled: str) -> None:
    person = next(iter(sample(1, 1, EXAM)))
    text = f"姓名,身份证号,准考证号\n{garbled},{person.id_number},{person.admission_number}\n"
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    report = check(tmp_path / "roster.csv", EXAM)
    assert [fault.column for row in report.faulty for fault in row.faults] == ["name"]


def test_a_quotation_mark_left_open_is_named_by_its_line(tmp_path: Path) -> None:
    person = next(iter(sample(1, 1, EXAM)))
    row = f"{person.name},{person.id_number},{person.admission_number}\n"
    text = f'姓名,身份证号,准考证号\n{row}"{person.name}' + "x" * 140_000
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RosterUnreadable, match="line 3"):
        check(tmp_path / "roster.csv", EXAM)
