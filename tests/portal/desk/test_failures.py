"""The desk says why somebody is stuck: refusals are counted by code, and a wait says how long it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from oneseat.portal.exam import failure_log
from oneseat.portal.exam.failure_log import FailureLog
from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import failures
from oneseat.state.candidates.failures import FailureKind
from signing.jws import b64url_encode
from signing.tokens import check_in_message
from tests.patience import PATIENCE_S
from tests.portal.desk.desk_browser import HOME, DeskBrowser
from tests.portal.published_exam import BUILD, CLOSES, EXAM, INSIDE, PublishedExam, Running
from tests.simulator import Candidate, Person

Staff = Callable[[Role], DeskBrowser]


def _rows(exam: PublishedExam, portal: Running, person: Person) -> list[tuple[str, str, str, int]]:
    portal.app.state.portal.exams[EXAM].failures.flush()
    with exam.database.reading() as connection:
        found = failures.find_by_seat(connection, EXAM, person.admission_number)
    return sorted((str(row.kind), row.code, row.channel, row.count) for row in found)


def test_refused_logins_are_counted_by_code_and_channel(portal: Running, exam: PublishedExam) -> None:
    person = exam.people[0]
    with portal.candidate(person) as candidate:
        for _ in range(6):
            candidate.authenticate(name="wrong")
        candidate.authenticate(name="wrong")
        candidate.log_in(name="wrong")
        candidate.authenticate(admission_number="999999999999")
    assert _rows(exam, portal, person) == [("login", "OS-170", "api", 5), ("login", "OS-171", "page", 3)]


def test_a_login_that_succeeds_writes_nothing(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        candidate.session()
    assert _rows(exam, portal, exam.people[0]) == []


def test_a_closed_log_has_left_the_database(exam: PublishedExam, monkeypatch: pytest.MonkeyPatch) -> None:
    log, inside, go_on = FailureLog(exam.database, EXAM), threading.Event(), threading.Event()
    written: list[int] = []

    def slow(
        connection: Connection, of: str, counted: dict[failures.FailureKey, failures.FailureCount]
    ) -> None:
        inside.set()
        assert go_on.wait(PATIENCE_S)
        written.append(len(counted))

    monkeypatch.setattr(failures, "record", slow)
    monkeypatch.setattr(failure_log, "FLUSH_INTERVAL_S", 0.01)
    log.of_number("1", FailureKind.LOGIN, "OS-170", "page", INSIDE)
    assert inside.wait(PATIENCE_S), "the timer writes"
    closing = threading.Thread(target=log.close)
    closing.start()
    closing.join(0.05)
    assert closing.is_alive(), "a write that is under way is waited for"
    go_on.set()
    closing.join(PATIENCE_S)
    assert written == [1]
    log.of_number("2", FailureKind.LOGIN, "OS-170", "page", INSIDE)
    log.flush()
    assert written == [1], "what comes after the end starts no write"


def test_numbers_without_a_seat_have_no_row(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        for serial in range(5):
            candidate.authenticate(admission_number=f"99999999{serial:04d}")
    portal.app.state.portal.exams[EXAM].failures.flush()
    with exam.database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM seat_failures")) == 0


def test_anothers_installer_is_seen_at_both_seats(portal: Running, exam: PublishedExam) -> None:
    owner, stranger = exam.people[:2]
    with portal.candidate(stranger) as candidate:
        assert candidate.activate(exam.licence(owner)).status_code == 403
    for person in (owner, stranger):
        assert _rows(exam, portal, person) == [("activation", "OS-021", "client", 1)]


def _check_in(candidate: Candidate) -> dict[str, str]:
    nonce, own = candidate.nonce(), "c" * 22
    message = check_in_message(nonce, candidate.activation, own, BUILD)
    return {
        "activation": candidate.activation,
        "nonce": nonce,
        "client_nonce": own,
        "build": BUILD,
        "signature": b64url_encode(candidate.device.key.sign(message).signature),
    }


def test_a_client_reports_its_codes_and_checks(portal: Running, exam: PublishedExam) -> None:
    person = exam.people[0]
    with portal.candidate(person) as candidate:
        candidate.activated(exam.licence(person))
        address = f"{candidate.api}/check-ins"
        body = _check_in(candidate)
        sent = candidate.http.post(address, json={**body, "codes": ["OS-026", "antivirus"]})
        assert sent.status_code == 200, sent.text
        body = _check_in(candidate)
        assert candidate.http.post(address, json=body).status_code == 200, "the codes may be left out"
        for wrong in (["王丽"], ["OS-1"], ["x" * 25], ["disk"] * 17):
            assert candidate.http.post(address, json={**body, "codes": wrong}).status_code in (400, 422)
    assert _rows(exam, portal, person) == [
        ("client", "OS-026", "client", 1),
        ("health", "antivirus", "client", 1),
    ]


def test_the_seats_page_says_why_how_long_and_what_frees(
    portal: Running, exam: PublishedExam, staff: Staff
) -> None:
    person, support = exam.people[0], staff(Role.SUPPORT)
    with portal.candidate(person) as candidate:
        for _ in range(7):
            candidate.authenticate(name="wrong")
    page = support.http.get(f"{HOME}seats/{exam.jti(person)}").text
    assert "登录多次填错，须等待。" in page
    assert "还需等待 5 秒" in page
    assert "办理重置验证次数可立即解除" in page
    assert "登录未通过：填写的信息与名单不符" in page
    assert "5 次，接口，OS-170" in page
    support.act(exam.jti(person), "reset")
    assert "须等待。" not in support.http.get(f"{HOME}seats/{exam.jti(person)}").text
    english = support.http.get(f"{HOME}seats/{exam.jti(person)}?lang=en").text
    assert "5 times, through the API, OS-170" in english


@pytest.mark.parametrize(
    ("moment", "words"),
    [(INSIDE, "当前问题"), (CLOSES + timedelta(hours=1), "尚未下载，目前不在下载时间内。")],
)
def test_a_download_that_is_closed_is_an_obstacle(
    portal: Running, exam: PublishedExam, staff: Staff, moment: object, words: str
) -> None:
    support = staff(Role.SUPPORT)
    portal.clock.at = moment  # type: ignore[assignment]
    support.log_in("a-support")
    page = support.http.get(f"{HOME}seats/{exam.jti(exam.people[3])}").text
    assert (words in page) == (moment != INSIDE)


def test_one_seat_has_no_more_rows_than_its_bound(exam: PublishedExam) -> None:
    log = FailureLog(exam.database, EXAM)
    number = exam.people[0].admission_number
    for serial in range(failures.MAX_ROWS + 5):
        log.of_number(number, FailureKind.CLIENT, f"OS-{serial:03d}", "client", INSIDE)
    log.flush()
    log.of_number(number, FailureKind.CLIENT, "OS-000", "client", INSIDE + timedelta(seconds=9))
    log.of_number(number, FailureKind.CLIENT, "OS-999", "client", INSIDE)
    log.close()
    with exam.database.reading() as connection:
        rows = failures.find_by_seat(connection, EXAM, number)
    assert len(rows) == failures.MAX_ROWS
    assert (rows[0].code, rows[0].count, rows[0].first_at) == ("OS-000", 2, INSIDE)


def test_what_waits_in_memory_is_bounded(exam: PublishedExam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure_log, "MAX_WAITING", 3)
    log = FailureLog(exam.database, EXAM)
    for person in exam.people:
        log.of_number(person.admission_number, FailureKind.LOGIN, "OS-170", "page", INSIDE)
    assert len(log._waiting) == 3
    log.close()


def test_counts_are_written_without_being_asked_for(
    exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failure_log, "FLUSH_INTERVAL_S", 0.01)
    log = FailureLog(exam.database, EXAM)
    log.of_jti(exam.jti(exam.people[0]), FailureKind.ACTIVATION, "OS-103", "client", INSIDE)
    timer = log._timer
    assert timer is not None
    timer.join(timeout=10)
    with exam.database.reading() as connection:
        assert len(failures.find_by_seat(connection, EXAM, exam.people[0].admission_number)) == 1
