"""Operators' login: who is let in, who is delayed, and what the audit log records."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest

from oneseat.portal.desk import login_budgets
from oneseat.portal.desk.login_budgets import LONGEST_OPERATOR_DELAY, address_delay, operator_delay
from oneseat.portal.rules.rate_limits import FREE_FAILURES
from oneseat.state.accounts import audit, credentials, operators
from oneseat.state.accounts.operators import IDLE_LIFE, Role
from tests.portal.desk.desk_browser import HOME, PASSWORD, TOTP_SECRET, DeskBrowser, code_of, hire
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running

Staff = Callable[[Role], DeskBrowser]


def _acts(exam: PublishedExam) -> list[tuple[str, str]]:
    with exam.database.reading() as connection:
        audit.verify(connection)
        return [(entry.actor, entry.act) for entry in audit.latest(connection, EXAM, 20)]


def test_an_operator_logs_in_and_out_and_both_are_written_down(portal: Running, exam: PublishedExam) -> None:
    hire(exam, "wang", Role.SUPPORT)
    with DeskBrowser(portal) as desk:
        page = desk.log_in(" Wang ")
        assert str(page.url).endswith(HOME)
        assert "wang" in page.text
        assert "客服" in page.text
        out = desk.send(HOME, f"{HOME}logout")
        assert str(out.url).endswith("/login")
        assert str(desk.http.get(HOME).url).endswith("/login")
    assert _acts(exam)[:2] == [("operator:wang", "desk.logout"), ("operator:wang", "desk.login")]


def test_the_sessions_cookie_is_out_of_reach_of_scripts_and_other_sites(
    portal: Running, exam: PublishedExam
) -> None:
    hire(exam, "wang", Role.VIEWER)
    with DeskBrowser(portal) as desk:
        answer = desk.log_in("wang").history[0]
    session, known = [
        line.lower() for line in answer.headers.get_list("set-cookie") if "oneseat-desk" in line
    ]
    for cookie in (session, known):
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
    assert session.startswith(f"oneseat-desk-{EXAM}=")
    assert "max-age" not in session, "it ends with the browser"
    assert known.startswith(f"oneseat-desk-known-{EXAM}=")


def test_every_wrong_login_gets_the_same_answer_and_a_line_without_what_was_typed(
    portal: Running, exam: PublishedExam
) -> None:
    hire(exam, "wang", Role.SUPPORT)
    hire(exam, "gone", Role.ADMIN)
    with exam.database.writing() as connection:
        operators.set_disabled(connection, EXAM, "gone", INSIDE)
    said = set()
    with DeskBrowser(portal) as desk:
        for name, password in (("wang", "wrong"), (PASSWORD, PASSWORD), ("gone", PASSWORD), ("n\0", "")):
            answer = desk.log_in(name, password)
            assert answer.status_code == 401
            said.add(answer.text.partition("<form")[0])
    assert len(said) == 1
    assert _acts(exam)[:4] == [
        ("operator:unknown", "desk.login.refused"),
        ("operator:gone", "desk.login.refused"),
        ("operator:unknown", "desk.login.refused"),
        ("operator:wang", "desk.login.refused"),
    ]
    with exam.database.reading() as connection:
        written = connection.exec_driver_sql("SELECT actor, facts FROM audit").all()
    assert PASSWORD not in str(written)


def test_a_code_is_asked_for_where_there_is_a_secret_and_works_once(
    portal: Running, exam: PublishedExam
) -> None:
    hire(exam, "wang", Role.ADMIN, totp=True)
    codes = pyotp.TOTP(base64.b32encode(TOTP_SECRET).decode())
    code = codes.at(INSIDE)
    with DeskBrowser(portal) as desk:
        assert code_of(desk.log_in("wang")) == "OS-206"
        assert code_of(desk.log_in("wang", code="000000")) == "OS-206"
        assert str(desk.log_in("wang", code=code).url).endswith(HOME)
    with DeskBrowser(portal) as shoulder_surfer:
        assert code_of(shoulder_surfer.log_in("wang", code=code)) == "OS-206"
        later = codes.at(INSIDE, counter_offset=1)
        assert str(shoulder_surfer.log_in("wang", code=later).url).endswith(HOME)


def test_failed_logins_are_slowed_by_operator_and_never_lock_for_good(
    portal: Running, exam: PublishedExam
) -> None:
    hire(exam, "wang", Role.SUPPORT)
    now = INSIDE
    with DeskBrowser(portal) as desk:
        for _ in range(FREE_FAILURES):
            assert code_of(desk.log_in("wang", "wrong")) == "OS-206"
        assert code_of(desk.log_in("wang", "wrong")) == "OS-207"
        waiting = desk.log_in("wang")
        assert waiting.status_code == 429
        assert int(waiting.headers["retry-after"]) > 0
        for _ in range(12):
            now += timedelta(minutes=20)
            portal.at(now)
            assert code_of(desk.log_in("wang", "wrong")) == "OS-206"
        portal.at(now + timedelta(minutes=16))
        assert str(desk.log_in("wang").url).endswith(HOME)
    with DeskBrowser(portal) as desk:
        assert code_of(desk.log_in("wang", "wrong")) == "OS-206", "who has come in starts anew"


def test_an_address_that_walks_through_names_is_slowed_too(
    portal: Running, exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_budgets, "FREE_FAILURES_OF_ADDRESS", 5)
    hire(exam, "wang", Role.SUPPORT)
    with DeskBrowser(portal) as desk:
        codes = [code_of(desk.log_in(f"name-{number}", "wrong")) for number in range(7)]
    assert codes == ["OS-206"] * 5 + ["OS-207"] * 2


def test_thousands_behind_one_address_may_mistype() -> None:
    assert address_delay(499) == timedelta(0)
    assert address_delay(500) == timedelta(seconds=5)
    assert address_delay(10_000) == timedelta(minutes=15)


def test_a_strangers_failures_shut_an_operator_out_for_a_minute_at_most() -> None:
    assert operator_delay(1000) == LONGEST_OPERATOR_DELAY == timedelta(minutes=1)
    assert operator_delay(1) == timedelta(0)


def test_a_session_ends_after_half_an_hour_without_use(
    portal: Running, exam: PublishedExam, staff: Staff
) -> None:
    desk = staff(Role.VIEWER)
    now = INSIDE
    for _ in range(4):
        now += IDLE_LIFE - SECOND
        portal.at(now)
        assert str(desk.http.get(HOME).url).endswith(HOME)
    portal.at(now + IDLE_LIFE)
    assert str(desk.http.get(HOME).url).endswith("/login")


def test_a_form_without_its_token_or_of_another_browser_does_nothing(
    portal: Running, exam: PublishedExam, staff: Staff
) -> None:
    desk, jti = staff(Role.ADMIN), exam.jti(exam.people[0])
    page = f"{HOME}seats/{jti}"
    other = DeskBrowser(portal)
    with other:
        other.log_in("a-admin")
        stolen = other.http.get(page).text.partition('name="form_token" value="')[2].partition('"')[0]
    for token in ("", "nonsense", stolen):
        answer = desk.http.post(f"{page}/revoke", data={"form_token": token, "confirmed": "yes"})
        assert (answer.status_code, code_of(answer)) == (403, "OS-185")
    with DeskBrowser(portal) as stranger:
        login_page = stranger.http.get(f"{HOME}login").text
        token = login_page.partition('name="form_token" value="')[2].partition('"')[0]
        answer = stranger.http.post(f"{HOME}login", data={"name": "a-admin", "password": PASSWORD})
        assert code_of(answer) == "OS-185"
        answer = stranger.http.post(f"{page}/revoke", data={"form_token": token, "confirmed": "yes"})
        assert str(answer.url).endswith("/login")
    with exam.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM revocations").scalar() == 0


@pytest.mark.parametrize("path", ["", "settings", "audit", f"seats/{'a' * 32}"])
def test_nothing_is_shown_to_strangers(portal: Running, path: str) -> None:
    with DeskBrowser(portal) as desk:
        assert str(desk.http.get(f"{HOME}{path}").url).endswith("/login")
        desk.http.cookies.set(f"oneseat-desk-{EXAM}", "x" * 43)
        assert str(desk.http.get(f"{HOME}{path}").url).endswith("/login")


def test_an_unknown_operator_takes_as_long_as_a_known_one() -> None:
    hashed = credentials.hash_password(PASSWORD)

    def took(stored: str | None) -> float:
        started = time.perf_counter()
        for _ in range(20):
            credentials.verify_password(stored, "wrong")
        return time.perf_counter() - started

    took(hashed)
    known, unknown = min(took(hashed) for _ in range(5)), min(took(None) for _ in range(5))
    assert 0.5 < known / unknown < 2


def test_the_desk_of_an_unknown_exam_is_not_there(portal: Running) -> None:
    with DeskBrowser(portal) as desk:
        answer = desk.http.get("/desk/nowhere/")
        assert (answer.status_code, code_of(answer)) == (404, "OS-176")
        assert str(desk.http.get("/desk/").url).endswith(f"{HOME}login"), "the only exam's"


def test_without_a_session_every_page_and_form_leads_to_the_login_page(
    portal: Running, exam: PublishedExam
) -> None:
    """The desk's OS-208 is never read: a redirect to the login page comes instead."""
    with DeskBrowser(portal) as desk:
        for page in ("", "settings", "audit"):
            answer = desk.http.get(f"{HOME}{page}")
            assert str(answer.url).endswith("/login"), page
            assert code_of(answer) == ""
        for form in ("candidate", "audit/head", "not-downloaded.csv"):
            sent = desk.http.post(f"{HOME}{form}", data={"form_token": "x", "admission_number": "1"})
            assert str(sent.url).endswith("/login"), form
