"""A candidate is found by what can be read out on the telephone; every search is written down."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from oneseat.portal.desk import search
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import seat_search
from tests.portal.desk.desk_browser import HOME, DeskBrowser, code_of
from tests.portal.published_exam import EXAM, PublishedExam

Staff = Callable[[Role], DeskBrowser]


def _log(exam: PublishedExam) -> list[tuple[str, object]]:
    with exam.database.reading() as connection:
        audit.verify(connection)
        return [(entry.act, json.loads(entry.facts)) for entry in audit.latest(connection, EXAM, 20)]


@pytest.mark.parametrize(
    "typed",
    [
        "{number}",
        "{number:.3} {ending}",
        "{tail}",
        "{six}",
        "{pseudonym}",
        "{jti}",
        "智考云考生端-test-{pseudonym}.exe",
        "智考云考生端-test-{pseudonym} (1).exe",
        "-{upper}.EXE",
        "{wide}",
    ],
)
def test_a_candidate_is_found_by_what_can_be_read_out(exam: PublishedExam, staff: Staff, typed: str) -> None:
    person = exam.people[2]
    number, jti = person.admission_number, exam.jti(person)
    words = typed.format(
        number=number,
        ending=number[3:],
        tail=number[-4:],
        six=number[-6:],
        pseudonym=jti[:8],
        upper=jti[:8].upper(),
        jti=jti,
        wide="".join(chr(ord(digit) + 0xFEE0) for digit in number),
    )
    page = staff(Role.VIEWER).find(words)
    assert str(page.url).endswith(f"/seats/{jti}"), words
    assert _log(exam)[0] == ("seat.found", {"jti": jti})


def test_an_older_licences_file_name_finds_the_seat(exam: PublishedExam, staff: Staff) -> None:
    person = exam.people[0]
    exam.publish(exam.issue(person, generation=2))
    page = staff(Role.VIEWER).find(f"考生端-test-{exam.jti(person)[:8]}.exe")
    assert str(page.url).endswith(f"/seats/{exam.jti(person, 2)}")


@pytest.mark.parametrize("typed", ["001", "%%%%", "____", "0\0", "zzzz", "ffffffff", "x-ffffffff.exe", ""])
def test_what_fits_no_candidate_is_refused(exam: PublishedExam, staff: Staff, typed: str) -> None:
    answer = staff(Role.VIEWER).find(typed)
    assert (answer.status_code, code_of(answer)) == (404, "OS-210")
    assert _log(exam)[0][0] == "desk.login"


def test_several_that_fit_are_listed_and_one_is_chosen(
    exam: PublishedExam, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [person.admission_number for person in exam.people]
    with exam.database.writing() as connection:
        connection.exec_driver_sql("UPDATE seats SET tail = '0000'")
    monkeypatch.setattr(seat_search, "by_ending", lambda *_: numbers[:3])
    viewer = staff(Role.VIEWER)
    page = viewer.find("0000")
    assert [number for number in numbers if number in page.text] == numbers[:3]
    assert "3 名考生符合" in page.text
    assert _log(exam)[0] == ("seats.listed", {"matches": 3})
    assert numbers[0] not in str(page.url)
    chosen = viewer.find(numbers[1])
    assert str(chosen.url).endswith(f"/seats/{exam.jti(exam.people[1])}")


def test_more_than_the_list_holds_is_said(
    exam: PublishedExam, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [person.admission_number for person in exam.people]
    monkeypatch.setattr(search, "MAX_MATCHES", 2)
    monkeypatch.setattr(seat_search, "by_ending", lambda *_: numbers[:3])
    page = staff(Role.VIEWER).find("0000").text
    assert numbers[1] in page
    assert numbers[2] not in page
    assert "仅列出前 2 名" in page


def test_recent_candidates_are_the_operators_own_latest_first(exam: PublishedExam, staff: Staff) -> None:
    viewer, other = staff(Role.VIEWER), staff(Role.ADMIN)
    for serial in (0, 1, 0, 2):
        viewer.find(exam.people[serial].admission_number)
    other.find(exam.people[5].admission_number)
    listed = re.search(r'<nav class="recent".*?</nav>', viewer.http.get(HOME).text, re.DOTALL)
    assert listed is not None
    shown = re.findall(r">(\d+)</a>", listed[0])
    assert shown == [exam.people[serial].admission_number for serial in (2, 0, 1)]


def test_the_field_has_the_focus_and_a_key(staff: Staff) -> None:
    page = staff(Role.VIEWER).http.get(HOME).text
    assert re.search(r'<input id="admission_number"[^>]* data-find required autofocus>', page)
