"""``roster diff``: who is new, who is gone, what changed, and no value unmasked."""

from __future__ import annotations

from pathlib import Path

from oneseat.pipeline.roster import write_sample
from oneseat.pipeline.roster.columns import ADMISSION_NUMBER, ID_NUMBER, NAME
from oneseat.pipeline.roster.differences import CHANGED, GONE, NEW, Difference, compare
from oneseat.pipeline.roster.sample import Person, sample
from tests.pipeline.exam_workspace import EXAM

PEOPLE = list(sample(20, 3, EXAM))


def differences(folder: Path, old: list[Person], new: list[Person]) -> list[Difference]:
    write_sample(folder / "old.csv", iter(old))
    write_sample(folder / "new.csv", iter(new))
    result = compare(folder / "old.csv", folder / "new.csv", EXAM)
    assert (result.old_rows, result.new_rows) == (len(old), len(new))
    assert result.unchanged + result.count(CHANGED) + result.count(NEW) == len(new)
    for person in PEOPLE:
        assert not any(value in repr(result) for value in person)
    return result.entries


def test_the_same_people_in_another_order_differ_in_nothing(tmp_path: Path) -> None:
    assert differences(tmp_path, PEOPLE, PEOPLE[::-1]) == []


def test_another_spelling_of_the_dot_is_no_difference(tmp_path: Path) -> None:
    dotted = Person("阿卜杜拉·买买提", *PEOPLE[0][1:])
    plain = Person("阿卜杜拉买买提", *PEOPLE[0][1:])
    assert differences(tmp_path, [dotted, *PEOPLE[1:]], [plain, *PEOPLE[1:]]) == []


def test_new_gone_and_changed_are_told_apart(tmp_path: Path) -> None:
    new = list(PEOPLE[:18])
    new[2] = Person(PEOPLE[2].name + "改", *PEOPLE[2][1:])
    new[3] = Person(PEOPLE[3].name, PEOPLE[19].id_number, PEOPLE[3].admission_number)
    new[4] = Person(*PEOPLE[4][:2], "999999999999")
    new[5] = Person("测试新人", PEOPLE[18].id_number, "888888888888")
    entries = differences(tmp_path, PEOPLE[:18], new)
    assert [(entry.kind, entry.old_row, entry.new_row, entry.changed) for entry in entries] == [
        (CHANGED, "4", "4", (NAME,)),
        (CHANGED, "5", "5", (ID_NUMBER,)),
        (CHANGED, "6", "6", (ADMISSION_NUMBER,)),
        (NEW, None, "7", ()),
        (GONE, "7", None, ()),
    ]


def test_faulty_rows_are_counted_and_left_out(tmp_path: Path) -> None:
    write_sample(tmp_path / "old.csv", iter(PEOPLE))
    write_sample(tmp_path / "new.csv", iter([*PEOPLE[:19], Person("", *PEOPLE[19][1:])]))
    result = compare(tmp_path / "old.csv", tmp_path / "new.csv", EXAM)
    assert (result.old_faulty, result.new_faulty, result.unchanged) == (0, 1, 19)
