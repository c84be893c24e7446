"""A login says nothing about what was wrong, and is slowed without locking anyone out."""

from __future__ import annotations

import hmac
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

import oneseat.portal.services.login.identity
from oneseat.portal.rules.rate_limits import FREE_FAILURES
from oneseat.portal.settings import PortalSettings
from oneseat.state.candidates import login_budget, seats
from oneseat.state.tables.issuing import Licence as LicenceRow
from signing import binding
from signing.clock import FixedClock
from signing.jws import b64url_encode
from signing.normal_forms import NAME_FORMS
from tests.patience import PATIENCE_S
from tests.portal.published_exam import CLOSES, EXAM, INSIDE, SECOND, PublishedExam, Running, running
from tests.simulator import Person

WRONG = {
    "name": {"name": "别人"},
    "id number": {"id_number": Person.number(7).id_number},
    "admission number of another": {"admission_number": Person.number(2).admission_number},
    "admission number of nobody": {"admission_number": "999999999999"},
    "everything": {"name": "x", "id_number": "E12345678", "admission_number": "203500099999"},
}


def test_a_right_login_gets_a_session_for_its_own_seat(portal: Running, exam: PublishedExam) -> None:
    person = exam.people[0]
    with portal.candidate(person) as candidate:
        granted = candidate.session()
    assert granted["jti"] == exam.jti(person)
    assert granted["state"] == "open"
    assert binding.parse_install_code(granted["install_code"]) == exam.seat_key(person)
    assert granted["fetch_until"] == "2035-01-05T15:00:00+00:00"


@pytest.mark.parametrize(
    "typed",
    [
        {"name": " 测试 考生1 "},
        {"id_number": "full width"},
        {"admission_number": "full width"},
    ],
)
def test_what_people_type_is_normalised_first(
    portal: Running, exam: PublishedExam, typed: dict[str, str]
) -> None:
    wide = str.maketrans("0123456789X", "０１２３４５６７８９ｘ")
    with portal.candidate(exam.people[0]) as candidate:
        body = candidate.person.body()
        sent = {
            name: body[name].translate(wide) if "full" in value else value for name, value in typed.items()
        }
        assert candidate.authenticate(**sent).status_code == 200


DOTTED = "阿卜杜拉·买买提"
SPELLINGS = [
    DOTTED,
    "阿卜杜拉•买买提",
    "阿卜杜拉.买买提",
    "阿卜杜拉 买买提",
    "阿卜杜拉买买提",
    "阿卜杜拉-买买提",
    "阿卜杜拉・买买提",
    "阿卜杜拉･买买提",
    "阿卜杜拉．买买提",
    "阿卜杜拉。买买提",
    "阿卜杜拉　买买提",
]


def _issue_tag(exam: PublishedExam, person: Person, name: str) -> None:
    """Issue a seat for a name: the tag that the state keeps of it, computed without the project's code."""
    parts = (b"oneseat/login/v1", *(v.encode() for v in (name, person.id_number, person.admission_number)))
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    tag = hmac.digest(exam.pepper, message, "sha256")
    with exam.database.writing() as connection:
        connection.execute(update(LicenceRow).where(LicenceRow.jti == exam.jti(person)).values(login_tag=tag))


@pytest.mark.parametrize("typed", SPELLINGS)
def test_a_seat_of_the_current_form_of_names_lets_every_spelling_in(
    portal: Running, exam: PublishedExam, typed: str
) -> None:
    _issue_tag(exam, exam.people[0], "阿卜杜拉买买提")
    with portal.candidate(exam.people[0]) as candidate:
        assert candidate.authenticate(name=typed).status_code == 200
        assert candidate.log_in(name=typed).status_code == 200
        assert candidate.authenticate(name="阿卜杜拉买买").status_code == 401


@pytest.mark.parametrize(("typed", "status"), [(DOTTED, 200), ("阿卜杜拉・买买提", 200), ("阿卜杜拉", 401)])
def test_a_seat_of_the_first_form_of_names_still_lets_its_owner_in(
    portal: Running, exam: PublishedExam, typed: str, status: int
) -> None:
    _issue_tag(exam, exam.people[0], DOTTED)
    with portal.candidate(exam.people[0]) as candidate:
        assert candidate.authenticate(name=typed).status_code == status


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_every_wrong_login_gets_the_same_answer(
    portal: Running, exam: PublishedExam, wrong: dict[str, str]
) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        expected = candidate.authenticate(name="somebody else")
        answer = candidate.authenticate(**wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "OS-170")
        assert answer.content == expected.content
        assert without_date(answer) == without_date(expected)
        page, other = candidate.log_in(name="somebody else"), candidate.log_in(**wrong)
        assert page.status_code == other.status_code == 401
        assert visible(page) == visible(other)


def without_date(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


def visible(page: httpx.Response) -> str:
    """The page without its form token, which is fresh each time, and without what was typed."""
    text = page.text.replace(page.text.partition('form_token" value="')[2].partition('"')[0], "")
    return re.sub(r'(name="(?:name|id_number|admission_number)"[^>]* value=")[^"]*', r"\1", text)


def test_every_wrong_login_takes_the_same_steps(exam: PublishedExam, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def counted(module: object, name: str) -> None:
        real = getattr(module, name)

        def spy(*arguments: object, **options: object) -> object:
            steps.append(name)
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, spy)

    counted(oneseat.portal.services.login.identity, "login_tags")
    counted(hmac, "compare_digest")
    counted(login_budget, "spend")
    counted(seats, "find_by_admission_number")
    taken = []
    with (
        running(exam.settings(), FixedClock(INSIDE)) as served,
        served.candidate(exam.people[0]) as candidate,
    ):
        for wrong in WRONG.values():
            steps.clear()
            candidate.authenticate(**wrong)
            taken.append(Counter(steps))
        steps.clear()
        assert candidate.authenticate().status_code == 200
        right = Counter(steps)
    assert all(one == taken[0] for one in taken)
    for one in (right, taken[0]):
        compared, lookups = one["compare_digest"], one["find_by_admission_number"]
        assert compared == len(NAME_FORMS) * lookups, "all forms are compared, whichever matches"
    assert set(taken[0]) == {"login_tags", "compare_digest", "spend", "find_by_admission_number"}


def test_a_refusal_is_answered_no_earlier_than_the_floor(exam: PublishedExam) -> None:
    with (
        running(exam.settings(refusal_floor_s=0.3), FixedClock(INSIDE)) as served,
        served.candidate(exam.people[0]) as candidate,
    ):
        for wrong in ({"name": "x"}, {"admission_number": "999"}):
            started = time.monotonic()
            assert candidate.authenticate(**wrong).status_code == 401
            assert time.monotonic() - started >= 0.3


def test_numbers_that_do_not_exist_are_slowed_like_those_that_do(
    portal: Running, exam: PublishedExam
) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        answers = {
            number: [candidate.authenticate(name="x", admission_number=number).status_code for _ in range(7)]
            for number in (exam.people[1].admission_number, "999999999999")
        }
    one, other = answers.values()
    assert one == other == [401] * 5 + [429] * 2


def test_the_delay_doubles_ends_by_itself_and_owners_get_in_between(
    portal: Running, exam: PublishedExam
) -> None:
    moment, waits = INSIDE, []
    with portal.candidate(exam.people[0]) as candidate:
        for _ in range(4):
            candidate.authenticate(name="x")
        for _ in range(10):
            assert candidate.authenticate(name="x").status_code == 401
            wait_s = int(candidate.authenticate().headers["retry-after"])
            waits.append(wait_s)
            moment += timedelta(seconds=wait_s)
            portal.at(moment)
        assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]
        assert candidate.authenticate().status_code == 200


def test_support_resets_a_budget(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        while candidate.authenticate(name="x").status_code == 401:
            pass
        assert candidate.authenticate().status_code == 429
        exam.reset_budget(exam.people[0])
        assert candidate.authenticate().status_code == 200


def test_one_address_that_fails_at_many_numbers_is_slowed_and_a_school_is_not(exam: PublishedExam) -> None:
    settings = exam.settings(address_burst=5, address_per_minute=60)
    with (
        running(settings, FixedClock(INSIDE)) as served,
        served.candidate(exam.people[0]) as candidate,
    ):
        assert [candidate.authenticate().status_code for _ in range(20)] == [200] * 20
        answers = [candidate.authenticate(admission_number=f"9{n}") for n in range(7)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
        assert answers[-1].json()["code"] == "OS-172"
        served.at(INSIDE + int(answers[-1].headers["retry-after"]) * SECOND)
        assert candidate.authenticate().status_code == 200


def test_forwarded_addresses_count_from_trusted_proxies_only(exam: PublishedExam) -> None:
    def statuses(settings: PortalSettings) -> list[int]:
        with running(settings, FixedClock(INSIDE)) as served, served.candidate(exam.people[0]) as candidate:
            return [
                candidate.http.post(
                    f"{candidate.api}/authenticate",
                    json={**candidate.person.body(), "admission_number": f"8{settings.address_burst}{n}"},
                    headers={"x-forwarded-for": f"198.51.100.{n}"},
                ).status_code
                for n in range(5)
            ]

    assert statuses(exam.settings(address_burst=3)) == [401, 401, 401, 429, 429]
    trusting = exam.settings(address_burst=2, trusted_proxies=("127.0.0.0/8",))
    assert statuses(trusting) == [401] * 5


def test_what_came_from_outside_does_not_stand_for_what_a_proxy_adds(exam: PublishedExam) -> None:
    """Some proxies append a line of their own instead of completing the one that came."""
    trusting = exam.settings(address_burst=3, trusted_proxies=("127.0.0.0/8",))
    with running(trusting, FixedClock(INSIDE)) as served, served.candidate(exam.people[0]) as candidate:
        statuses = [
            candidate.http.post(
                f"{candidate.api}/authenticate",
                json={**candidate.person.body(), "admission_number": f"7{n}"},
                headers=[("x-forwarded-for", f"6.6.6.{n}"), ("x-forwarded-for", "198.51.100.1")],
            ).status_code
            for n in range(5)
        ]
    assert statuses == [401, 401, 401, 429, 429]


def test_a_revoked_seat_is_told_so_after_it_has_proved_itself(portal: Running, exam: PublishedExam) -> None:
    exam.revoke(exam.people[0])
    with portal.candidate(exam.people[0]) as candidate:
        assert candidate.authenticate().json()["code"] == "OS-179"
        assert candidate.authenticate(name="x").json()["code"] == "OS-170"


def test_after_the_window_a_wrong_login_learns_nothing_either(portal: Running, exam: PublishedExam) -> None:
    portal.at(CLOSES)
    with portal.candidate(exam.people[0]) as candidate:
        assert candidate.authenticate().json()["code"] == "OS-174"
        assert candidate.authenticate(name="x").json()["code"] == "OS-170"
        assert candidate.authenticate(admission_number="999").json()["code"] == "OS-170"


def test_sessions_of_one_exam_or_kind_do_not_pass_for_another(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        granted = candidate.session()
        path = httpx.URL(granted["download"]["url"]).raw_path.decode()
        payload, mac = granted["session"].split(".")
        forged = b64url_encode(b'{"exp":9999999999,"jti":"%s"}' % granted["jti"].encode())
        for session in (candidate.nonce(), f"{forged}.{mac}", f"{payload}.{mac}x", payload, "." * 2000):
            answer = candidate.http.get(path, headers={"authorization": f"Bearer {session}"})
            assert answer.json()["code"] == "OS-175"


def test_the_browser_session_is_a_cookie_that_scripts_and_other_sites_cannot_use(
    portal: Running, exam: PublishedExam
) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        page = candidate.http.get(f"/e/{EXAM}/")
        candidate.log_in()
        token = page.text.partition('form_token" value="')[2].partition('"')[0]
        form_data = {**candidate.person.body(), "form_token": token}
        answer = candidate.http.post(f"/e/{EXAM}/login", data=form_data)
    form = page.headers["set-cookie"]
    session = answer.headers["set-cookie"]
    for cookie in (form, session):
        assert "HttpOnly" in cookie
        assert "Path=/" in cookie
    assert "SameSite=strict" in form
    assert "SameSite=lax" in session
    assert answer.status_code == 303


def test_over_https_cookies_are_secure_and_bound_to_the_host(exam: PublishedExam) -> None:
    with running(exam.settings(), FixedClock(INSIDE)) as served:
        shared = served.app.state.portal
        https = shared.settings.model_copy(update={"public_url": "https://portal.example"})
        served.app.state.portal = replace(shared, settings=https)
        with served.candidate(exam.people[0]) as candidate:
            cookie = candidate.http.get(f"/e/{EXAM}/").headers["set-cookie"]
    assert cookie.startswith("__Host-oneseat-form=")
    assert "Secure" in cookie


@pytest.mark.parametrize("missing", ["token", "cookie", "both", "other browser"])
def test_a_form_from_elsewhere_is_refused(portal: Running, exam: PublishedExam, missing: str) -> None:
    with portal.candidate(exam.people[0]) as candidate, portal.candidate(exam.people[0]) as other:
        page = candidate.http.get(f"/e/{EXAM}/")
        token = page.text.partition('form_token" value="')[2].partition('"')[0]
        form = {**candidate.person.body(), "form_token": token}
        if missing in ("token", "both"):
            form["form_token"] = ""
        if missing in ("cookie", "both"):
            candidate.http.cookies.clear()
        if missing == "other browser":
            other.http.get(f"/e/{EXAM}/")
            candidate.http.cookies = other.http.cookies
        answer = candidate.http.post(f"/e/{EXAM}/login", data=form)
        assert answer.status_code == 403
        assert "OS-185" in answer.text


def test_logging_out_ends_the_browser_session(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        page = candidate.log_in()
        assert page.url.path == f"/e/{EXAM}/download"
        token = page.text.partition('form_token" value="')[2].partition('"')[0]
        assert candidate.http.post(f"/e/{EXAM}/logout").status_code == 403
        answer = candidate.http.post(f"/e/{EXAM}/logout", data={"form_token": token})
        assert answer.status_code == 303
        assert candidate.http.get(f"/e/{EXAM}/download").status_code == 303


def test_simultaneous_guesses_are_each_counted_while_others_come_in(exam: PublishedExam) -> None:
    guessed, *others = exam.people
    guesses, logins = 60, 4 * len(others)

    def knock(turn: int) -> int:
        person = guessed if turn < guesses else others[turn % len(others)]
        with served.candidate(person) as candidate:
            wrong = {"name": f"guess {turn}"} if turn < guesses else {}
            return candidate.authenticate(**wrong).status_code

    settings = exam.settings(address_burst=1000)
    with running(settings, FixedClock(INSIDE)) as served, ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(knock, range(guesses + logins)))
    assert Counter(answers[:guesses]) == {401: FREE_FAILURES, 429: guesses - FREE_FAILURES}
    assert set(answers[guesses:]) == {200}


def test_a_login_waits_its_turn_while_another_process_writes(portal: Running, exam: PublishedExam) -> None:
    with (
        portal.candidate(exam.people[0]) as candidate,
        ThreadPoolExecutor(1) as elsewhere,
    ):
        with exam.database.writing():
            waiting = elsewhere.submit(candidate.authenticate)
            with pytest.raises(FutureTimeout):
                waiting.result(timeout=0.3)
            assert httpx.get(f"{portal.url}/healthz").status_code == 200, "everybody else is served meanwhile"
            assert not waiting.done()
        assert waiting.result(timeout=PATIENCE_S).status_code == 200


def test_a_login_for_which_no_thread_is_to_be_had_leaves_the_database_to_others(
    portal: Running, exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_thread(*arguments: object, **options: object) -> None:
        raise RuntimeError("can't start new thread")

    with portal.candidate(exam.people[0]) as candidate:
        with monkeypatch.context() as patch:
            patch.setattr("oneseat.portal.fastpath.login_batch.to_thread.run_sync", no_thread)
            assert candidate.authenticate(name="x").status_code == 500
        assert candidate.authenticate().status_code == 200
