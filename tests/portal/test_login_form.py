"""The form of what is typed is checked before an attempt is counted, and the field at fault is named."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.portal.rules.identity_shape import NumberForm, faults_in_identity
from oneseat.state.candidates import login_budget, seats
from signing import documents
from signing.refusals import DocumentInvalid
from tests.portal.published_exam import EXAM, OPENS, PublishedExam, Running
from tests.portal.test_candidate_pages import Page
from tests.simulator import Person

PERSON = Person.number(1)
KINDS = ("resident-id", "passport")
MALFORMED = [
    ({"name": " "}, {"name": "请填写姓名"}),
    ({"name": "2035"}, {"name": "您填写的不是姓名"}),
    ({"id_number": ""}, {"id_number": "请填写证件号码"}),
    ({"id_number": PERSON.id_number[:17]}, {"id_number": "应为 18 位，实为 17 位"}),
    ({"id_number": PERSON.id_number[:17] + "9"}, {"id_number": "有字符输错"}),
    ({"id_number": "110105491231002"}, {"id_number": "15 位的旧号码"}),
    ({"admission_number": "\u3000"}, {"admission_number": "请填写准考证号"}),
    (
        {"id_number": PERSON.admission_number, "admission_number": PERSON.id_number},
        {"id_number": "填反了", "admission_number": "您填写的是证件号码"},
    ),
]


def failures(exam: PublishedExam, person: Person) -> int:
    subject = login_budget.subject(exam.pepper, EXAM, person.admission_number)
    with exam.database.reading() as connection:
        return login_budget.failures(connection, subject)


@pytest.mark.parametrize(("typed", "named"), MALFORMED, ids=[str(list(named)) for _, named in MALFORMED])
def test_each_fault_of_form_names_its_field(typed: dict[str, str], named: dict[str, str]) -> None:
    faults = faults_in_identity(**{**PERSON.body(), **typed}, kinds=KINDS)
    assert [fault.field for fault in faults] == list(named)
    for fault in faults:
        assert named[fault.field] in fault.reason.zh
        assert not any(value.strip() and value in fault.reason.zh for value in typed.values())


@given(st.integers(0, 999), st.sampled_from(["阿卜杜拉·买买提", "O'Neil", "\ue863", "Ａnna", "欧阳 娜娜"]))
def test_what_a_roster_accepts_has_no_fault(serial: int, name: str) -> None:
    person = Person.number(serial)
    assert faults_in_identity(name, person.id_number.lower(), person.admission_number, KINDS) == ()


@given(st.text(max_size=20))
def test_a_number_of_any_document_is_never_refused(number: str) -> None:
    try:
        documents.check(documents.KINDS, number)
    except DocumentInvalid:
        return
    assert faults_in_identity("x", number, "1", KINDS) == ()


@given(st.from_regex(r"[0-9]{8}|[0-9]{9}|[A-Z][0-9]{8}|[HM][0-9]{8}", fullmatch=True))
def test_a_document_that_the_exam_no_longer_accepts_is_left_to_the_login(number: str) -> None:
    assert faults_in_identity("x", number, "1", ("resident-id",)) == ()


@pytest.mark.parametrize(
    ("form", "number", "accepted"),
    [
        (NumberForm(12, 12, digits_only=True), "２０３５ 00000001", True),
        (NumberForm(12, 12, digits_only=True), "20350000000", False),
        (NumberForm(12, 12, digits_only=True), "2035000O0001", False),
        (NumberForm(8, 12, digits_only=False), "ab-12345", True),
    ],
)
def test_a_number_is_compared_with_the_form_of_the_exams_numbers(
    form: NumberForm, number: str, accepted: bool
) -> None:
    assert (form.fault(number) is None) == accepted


def test_the_form_of_the_numbers_is_read_from_the_seats(on_either: PublishedExam) -> None:
    with on_either.database.reading() as connection:
        assert seats.number_form(connection, EXAM) == (12, 12, True)
        assert seats.number_form(connection, "another") is None
    on_either.issue(Person("测试", Person.number(90).id_number, "A-1"))
    with on_either.database.reading() as connection:
        assert seats.number_form(connection, EXAM) == (3, 12, False)


def test_a_fault_of_form_costs_no_attempt_on_either_way_in(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(PERSON) as candidate:
        for typed, named in MALFORMED:
            if all(value.strip() for value in typed.values()):
                answer = candidate.authenticate(**typed)
                assert (answer.status_code, answer.json()["code"]) == (401, "OS-955")
                assert all(words in answer.json()["cause"]["zh"] for words in named.values())
            page = candidate.log_in(**typed)
            assert page.status_code == 401
            assert "OS-955" in page.text
        assert failures(exam, PERSON) == 0
        assert candidate.authenticate().status_code == 200


def test_guesses_in_one_batch_are_told_apart_from_faults_of_form(
    portal: Running, exam: PublishedExam
) -> None:
    with portal.candidate(PERSON) as candidate:
        for _ in range(3):
            assert candidate.authenticate(name="别人").json()["code"] == "OS-170"
            assert candidate.authenticate(id_number="1").json()["code"] == "OS-955"
    assert failures(exam, PERSON) == 3


def test_the_page_names_the_field_and_keeps_what_was_typed(portal: Running, exam: PublishedExam) -> None:
    wrong = PERSON.id_number[:17]
    with portal.candidate(PERSON) as candidate:
        answer = candidate.log_in(id_number=wrong)
    page = Page(answer)
    fields = {str(field["name"]): field for field in page.all("input") if field.get("type") == "text"}
    assert "<title>错误：" in answer.text
    assert {name: field["value"] for name, field in fields.items()} == {**PERSON.body(), "id_number": wrong}
    assert [name for name, field in fields.items() if field.get("aria-invalid") == "true"] == ["id_number"]
    assert "id_number-fault" in str(fields["id_number"]["aria-describedby"])
    assert "#id_number" in page.addresses()
    assert answer.headers["cache-control"] == "no-store"


def test_an_admission_number_of_another_length_costs_nothing(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(PERSON) as candidate:
        for _ in range(8):
            page = candidate.log_in(admission_number="20350000001")
            assert "准考证号应为 12 位，现为 11 位" in page.text
        assert candidate.log_in().status_code == 200


def test_numbers_of_a_newer_release_are_accepted_at_once(portal: Running, exam: PublishedExam) -> None:
    newcomer = Person("测试新人", Person.number(91).id_number, "20350099991234")
    with portal.candidate(newcomer) as candidate:
        assert "现为 14 位" in candidate.log_in().text
        exam.publish(exam.issue(newcomer))
        assert candidate.log_in().status_code == 200


def test_phones_get_a_number_pad_only_where_all_numbers_are_digits(
    portal: Running, exam: PublishedExam
) -> None:
    with portal.candidate(PERSON) as candidate:
        home = f"/e/{EXAM}/"
        assert 'id="admission_number"' in candidate.http.get(home).text
        assert candidate.http.get(home).text.count('inputmode="numeric"') == 1
        exam.publish(exam.issue(Person("测试", Person.number(92).id_number, "A2035")))
        assert 'inputmode="numeric"' not in candidate.http.get(home).text


def test_a_delay_is_shown_with_the_seconds_that_are_left(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(PERSON) as candidate:
        while candidate.authenticate(name="别人").status_code == 401:
            pass
        page = candidate.log_in()
        assert page.status_code == 429
        assert 'data-wait="5"' in page.text
        assert PERSON.id_number in page.text


def test_nothing_typed_comes_back_without_the_forms_token(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(PERSON) as candidate:
        answer = candidate.log_in(form_token="x", id_number="1")
        assert answer.status_code == 403
        assert PERSON.name not in answer.text


def test_before_the_window_nothing_is_said_about_the_form(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(PERSON) as candidate:
        candidate.http.get(f"/e/{EXAM}/")
        portal.at(OPENS - timedelta(hours=1))
        assert candidate.authenticate(id_number="1").json()["code"] == "OS-173"
