"""The phone app is a second download of the same seat, and the pages lead each device to what it can use."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import unquote

import httpx
import pytest

from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.candidates import downloads
from oneseat.state.candidates.downloads import DownloadRecord
from oneseat.state.tables.activation import PhoneDownload
from oneseat.web.qr import qr_svg
from signing import containers
from signing.charter import PhoneTerms
from signing.tokens import PhoneLicence
from tests.portal.published_exam import CLOSES, EXAM, GRACE, INSIDE, SECOND, PublishedExam, Running
from tests.portal.user_agents import CHROME
from tests.signing.signed_files import Base
from tests.simulator import Candidate

ANDROID = f"Mozilla/5.0 (Linux; Android 13; V2227A) {CHROME} Chrome/114.0.0.0 Mobile Safari/537.36"
HARMONY = f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {CHROME} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1 Mobile"
BOTH = PhoneTerms("both", "gate", 20)
PAGE = f"/e/{EXAM}/download"
BUTTON, OPEN_PAGE = f'href="/e/{EXAM}/phone"', 'href="https://room.example/phone/"'


@pytest.fixture
def phones(exam: PublishedExam, apk_base: Base) -> PublishedExam:
    exam.publish_phone(apk_base, BOTH)
    return exam


@pytest.fixture
def owner(portal: Running, phones: PublishedExam) -> Iterator[Candidate]:
    portal.at(INSIDE)
    with portal.candidate(phones.people[0]) as candidate:
        candidate.log_in()
        yield candidate


def recorded(exam: PublishedExam, *, phone: bool) -> DownloadRecord | None:
    jti = exam.jti(exam.people[0])
    with exam.database.reading() as connection:
        return downloads.find(connection, jti, PhoneDownload) if phone else downloads.find(connection, jti)


def address(exam: PublishedExam, person: int = 0) -> str:
    return f"/api/v1/exams/{EXAM}/phones/{exam.jti(exam.people[person])}"


def seen(candidate: Candidate, user_agent: str = "", path: str = PAGE) -> str:
    headers = {"user-agent": user_agent} if user_agent else {}
    return candidate.http.get(path, headers=headers).text


def test_the_phone_app_is_composed_for_its_owner_and_recorded_apart(
    owner: Candidate, phones: PublishedExam
) -> None:
    answer = owner.http.get(f"/e/{EXAM}/phone", follow_redirects=True)
    assert answer.headers["content-type"] == "application/vnd.android.package-archive"
    name = unquote(answer.headers["content-disposition"].partition("UTF-8''")[2])
    jti = phones.jti(phones.people[0])
    assert name == f"{phones.charter.companion.zh}手机端-{EXAM}-{jti[:8]}.apk"
    contents = containers.PHONE.read(io.BytesIO(answer.content))
    signer = phones.licence_signer
    licence = PhoneLicence.verify(contents.licence.decode(), {signer.kid: signer.public_key})
    assert (licence.jti, licence.base) == (jti, contents.digest)
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    part = owner.http.get(address(phones), headers={"range": "bytes=-5000"})
    assert (part.status_code, part.content) == (206, answer.content[-5000:])
    assert recorded(phones, phone=True) is not None
    assert recorded(phones, phone=False) is None
    status = owner.http.get(f"/api/v1/exams/{EXAM}/seats/{jti}").json()
    assert status["phone_began_at"] is not None and status["granted_at"] is None
    assert owner.http.get(address(phones, 1)).status_code == 404


def test_the_gate_is_the_installers_and_each_download_has_its_own_grace(
    owner: Candidate, phones: PublishedExam, portal: Running
) -> None:
    late = CLOSES + GRACE - SECOND
    portal.at(CLOSES - timedelta(minutes=1))
    owner.log_in()
    assert owner.http.get(f"/e/{EXAM}/installer", follow_redirects=True).status_code == 200
    portal.at(late)
    assert owner.http.get(address(phones)).status_code == 403, "the installer's grace is not the phone's"
    portal.at(CLOSES - timedelta(minutes=1))
    assert owner.http.get(address(phones)).status_code == 200
    portal.at(late)
    assert owner.http.get(address(phones)).status_code == 200
    portal.at(CLOSES + GRACE)
    assert owner.http.get(address(phones)).status_code == 403


def test_programs_fetch_it_by_scope_and_by_link(portal: Running, phones: PublishedExam) -> None:
    portal.at(INSIDE)
    bearer = {"authorization": f"Bearer {phones.service_token(Scope.DOWNLOAD)}"}
    with httpx.Client(base_url=portal.url) as http:
        assert http.head(address(phones), headers=bearer).status_code == 200
        links = f"/api/v1/exams/{EXAM}/installers/{phones.jti(phones.people[0])}/links"
        made = http.post(links, headers=bearer).json()
        assert http.get(made["phone_url"]).headers["content-type"] == containers.PHONE.media_type
        assert http.get(address(phones)).status_code in (401, 404)


def test_an_exam_without_a_phone_app_says_so(portal: Running, exam: PublishedExam) -> None:
    portal.at(INSIDE)
    with portal.candidate(exam.people[0]) as candidate:
        page = candidate.log_in().text
        assert "phone.svg" not in page and "下载手机端" not in page
        refused = candidate.http.get(address(exam))
        assert (refused.status_code, refused.json()["code"]) == (404, "OS-990")
        links = f"/api/v1/exams/{EXAM}/installers/{exam.jti(exam.people[0])}/links"
        assert candidate.http.post(links).json()["phone_url"] is None
        assert candidate.http.get(f"/e/{EXAM}/phone.svg").status_code == 404
        assert candidate.http.get(f"/e/{EXAM}/phone-page.svg").status_code == 404
        assert candidate.http.get(f"/e/{EXAM}/phone").headers["location"] == f"{PAGE}#phone-app"


def test_a_phone_gets_the_button_a_computer_a_code_and_harmony_the_page(
    owner: Candidate, portal: Running
) -> None:
    on_computer, on_phone, on_harmony = seen(owner), seen(owner, ANDROID), seen(owner, HARMONY)
    assert "phone.svg" in on_computer and BUTTON not in on_computer
    assert BUTTON in on_phone and "phone.svg" not in on_phone
    assert on_phone.index(BUTTON) < on_phone.index("card-lead"), "first on a phone"
    assert OPEN_PAGE in on_harmony and BUTTON not in on_harmony
    # The codes hold addresses that everybody may know, and nothing of the candidate.
    codes = {
        "phone.svg": f"{portal.url}/e/{EXAM}/",
        "phone-page.svg": "https://room.example/phone/",
    }
    for name, wanted in codes.items():
        code = owner.http.get(f"/e/{EXAM}/{name}")
        assert code.headers["content-type"] == "image/svg+xml"
        assert code.content == qr_svg(wanted)


def test_a_phone_that_is_not_logged_in_is_led_to_the_login(portal: Running, phones: PublishedExam) -> None:
    portal.at(INSIDE)
    with httpx.Client(base_url=portal.url, headers={"user-agent": ANDROID}) as http:
        assert http.get(f"/e/{EXAM}/phone").headers["location"] == f"/e/{EXAM}/"
        assert "登录后在本人页面下载" in http.get(f"/e/{EXAM}/").text


def test_where_the_page_alone_is_used_there_is_no_file(
    portal: Running, exam: PublishedExam, apk_base: Base
) -> None:
    portal.at(INSIDE)
    exam.publish_phone(apk_base, PhoneTerms("page", "warn", 20))
    with portal.candidate(exam.people[0]) as candidate:
        candidate.log_in()
        on_computer, on_phone = seen(candidate), seen(candidate, ANDROID)
        assert "phone-page.svg" in on_computer and "phone.svg" not in on_computer
        assert OPEN_PAGE in on_phone and BUTTON not in on_phone


def test_after_the_download_and_after_the_window_the_page_says_so(
    owner: Candidate, phones: PublishedExam, portal: Running
) -> None:
    with phones.database.writing() as connection:
        jti = phones.jti(phones.people[0])
        downloads.grant(connection, EXAM, jti, INSIDE, PhoneDownload)
        downloads.finish(connection, jti, INSIDE, PhoneDownload)
    assert "已于" in seen(owner, ANDROID)
    portal.at(CLOSES + GRACE)
    assert BUTTON not in seen(owner, ANDROID)


def test_a_withdrawn_release_has_no_phone_app(owner: Candidate, phones: PublishedExam) -> None:
    phones.withdraw()
    assert owner.http.get(address(phones)).status_code == 410
    assert BUTTON not in seen(owner, ANDROID)
