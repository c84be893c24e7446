"""Pictures with a help request: who may add and see them, when, how many, and what is sent instead."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image
from sqlalchemy import select

from oneseat.files.pictures import encode_anew
from oneseat.portal.http import picture_uploads
from oneseat.portal.rules.help_rules import (
    CLAIM_LIFE,
    Holding,
    Status,
    may_look,
    may_take_away,
)
from oneseat.portal.services.help.pictures import open_picture
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.help import requests
from oneseat.state.tables.help_requests import HelpPictureRow
from signing.charter import Window
from signing.session_times import answer_time_ends
from tests import charters
from tests.patience import PATIENCE_S
from tests.portal.desk.desk_browser import HOME, DeskBrowser, code_of, hire
from tests.portal.published_exam import EXAM, INSIDE, OPENS, PublishedExam, Running
from tests.simulator import Candidate, form_token

PAGE = f"/e/{EXAM}/help"
SECRET = "30.6571N 104.0665E"
STARTS, ENDS = charters.at(10, 11), charters.at(10, 11, 10)
"""The answer time of the only formal session."""
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def _fresh_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the queue each time."""
    monkeypatch.setattr("oneseat.portal.services.help.queue_board.MAX_AGE_S", 0.0)


@pytest.fixture
def candidate(portal: Running, exam: PublishedExam) -> Iterator[Candidate]:
    """A candidate who has logged in and asked for help."""
    with portal.candidate(exam.people[0]) as made:
        made.log_in()
        _ask(made)
        yield made


@pytest.fixture
def desk(portal: Running, exam: PublishedExam) -> Iterator[DeskBrowser]:
    hire(exam, "li", Role.SUPPORT)
    with DeskBrowser(portal) as made:
        made.log_in("li")
        yield made


def _ask(browser: Candidate) -> httpx.Response:
    form = {"reason": "device", "callback": "13800131234", "form_token": form_token(browser.http.get(PAGE))}
    return browser.http.post(PAGE, data=form, follow_redirects=True)


def picture(colour: str = "red", form: str = "JPEG", size: tuple[int, int] = (400, 200)) -> bytes:
    """A picture with a place in its metadata."""
    exif, target = Image.Exif(), io.BytesIO()
    exif[0x010E] = SECRET
    Image.new("RGB", size, colour).save(target, form, exif=exif)
    return target.getvalue()


def _add(browser: Candidate, content: bytes, token: str | None = None) -> httpx.Response:
    shown = form_token(browser.http.get(PAGE)) if token is None else token
    files: list[tuple[str, Any]] = [
        ("form_token", (None, shown)),
        ("picture", ("张三 身份证.jpg", content, "image/jpeg")),
    ]
    return browser.http.post(f"{PAGE}/pictures", files=files, follow_redirects=True)


def _remove(browser: Candidate, picture_id: int) -> httpx.Response:
    token = form_token(browser.http.get(PAGE))
    path = f"{PAGE}/pictures/{picture_id}/removal"
    return browser.http.post(path, data={"form_token": token}, follow_redirects=True)


def _stored(exam: PublishedExam) -> list[tuple[int, bytes]]:
    with exam.database.reading() as connection:
        query = select(HelpPictureRow.id, HelpPictureRow.sealed_picture).order_by(HelpPictureRow.id)
        return [(row[0], row[1]) for row in connection.execute(query)]


def _number(exam: PublishedExam) -> str:
    with exam.database.reading() as connection:
        (request,) = requests.list_open(connection, EXAM, 10)
    return request.number


def _look(desk: DeskBrowser, number: str, picture_id: int) -> httpx.Response:
    page = f"{HOME}help/{number}"
    return desk.send(page, f"{page}/pictures/{picture_id}")


def _claim(desk: DeskBrowser, number: str) -> httpx.Response:
    return desk.send(f"{HOME}help/{number}", f"{HOME}help/{number}/claim")


# ------------------------------------------------------------------------------------------ the rules


def test_answer_time_is_from_start_to_end_of_any_session(exam: PublishedExam) -> None:
    charter = exam.charter
    assert answer_time_ends(charter, STARTS - SECOND) is None
    assert answer_time_ends(charter, STARTS) == ENDS
    assert answer_time_ends(charter, ENDS - SECOND) == ENDS
    assert answer_time_ends(charter, ENDS) is None


def test_sessions_that_follow_each_other_are_one_answer_time(exam: PublishedExam) -> None:
    (first,) = exam.charter.formals
    lasting = first.ends - first.starts
    second = replace(first, starts=first.ends - MINUTE, ends=first.ends + lasting)
    charter = replace(exam.charter, formals=(second, first))
    assert answer_time_ends(charter, STARTS) == second.ends


def test_who_has_the_request_decides_what_may_be_done() -> None:
    claimed = Holding(Status.CLAIMED, "li", INSIDE)
    assert may_look(claimed, "li", INSIDE) and not may_look(claimed, "chen", INSIDE)
    assert not may_take_away(claimed, INSIDE)
    assert not may_look(claimed, "li", INSIDE + CLAIM_LIFE) and may_take_away(claimed, INSIDE + CLAIM_LIFE)
    submitted = Holding(Status.SUBMITTED, None, INSIDE)
    assert may_take_away(submitted, INSIDE) and not may_look(submitted, "li", INSIDE)


# --------------------------------------------------------------------------------------- the candidate


def test_a_picture_is_attached_encoded_anew_and_encrypted(candidate: Candidate, exam: PublishedExam) -> None:
    page = _add(candidate, picture())
    assert page.status_code == 200 and "图片 1 已添加" in page.text and "还可添加 2 张" in page.text
    ((_, sealed),) = _stored(exam)
    assert SECRET.encode() not in sealed and b"JFIF" not in sealed
    opened = open_picture(exam.pepper, EXAM, _number(exam), sealed)
    assert opened.startswith(b"\xff\xd8") and SECRET.encode() not in opened


def test_the_same_picture_twice_is_one_and_three_are_the_most(
    candidate: Candidate, exam: PublishedExam
) -> None:
    for colour in ("red", "red", "green", "blue", "green"):
        assert _add(candidate, picture(colour)).status_code == 200
    assert len(_stored(exam)) == 3
    refused = _add(candidate, picture("white"))
    assert (refused.status_code, code_of(refused)) == (409, "OS-948")
    assert "图片 3 已添加" in refused.text, "the request is still shown"
    assert "添加图片（" not in candidate.http.get(PAGE).text
    assert len(_stored(exam)) == 3


def test_uploads_at_once_do_not_both_take_the_last_place(
    candidate: Candidate, exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, bearer = _api(candidate, exam)
    gate = threading.Barrier(6)
    monkeypatch.setattr(picture_uploads.PictureUploads, "slot", lambda *_: contextlib.nullcontext())

    def rush(number: int) -> int:
        gate.wait()
        return httpx.post(
            f"{candidate.http.base_url}{path}", content=picture(size=(100 + number, 100)), headers=bearer
        ).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(rush, range(6))) == [200] * 3 + [409] * 3
    assert len(_stored(exam)) == 3


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (lambda: b"", 400, "OS-945"),
        (lambda: b"<script>alert(1)</script>", 400, "OS-945"),
        (lambda: picture()[:-300], 400, "OS-945"),
        (lambda: picture(form="GIF"), 400, "OS-945"),
        (lambda: picture(form="PNG", size=(5000, 5000)), 413, "OS-946"),
        (lambda: bytes(8 * MIB + 1), 413, "OS-946"),
        (lambda: bytes(9 * MIB), 413, "OS-946"),
    ],
    ids=["empty", "script", "cut", "gif", "pixels", "bytes", "announced"],
)
def test_what_is_no_picture_is_refused_in_words_and_leaves_nothing(
    candidate: Candidate, exam: PublishedExam, make: Callable[[], bytes], status: int, code: str
) -> None:
    refused = _add(candidate, make())
    assert (refused.status_code, code_of(refused)) == (status, code)
    assert "script>alert" not in refused.text and "身份证.jpg" not in refused.text
    assert _stored(exam) == []


def test_a_body_of_a_hundred_megabytes_is_cut_off_early(candidate: Candidate, exam: PublishedExam) -> None:
    """With its length announced or not: the server closes long before all of it is sent."""
    path, bearer = _api(candidate, exam)
    for length in (b"content-length: %d\r\n" % (100 * MIB), b"transfer-encoding: chunked\r\n"):
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {bearer['authorization']}\r\n".encode()
        sent, answer = _pour(candidate, head + length + b"\r\n", chunked=b"chunked" in length)
        assert sent < 40 * MIB
        assert answer == b"" or b" 413 " in answer.split(b"\r\n")[0], answer[:200]
    assert _stored(exam) == []


def _pour(candidate: Candidate, head: bytes, *, chunked: bool) -> tuple[int, bytes]:
    """Send a head and up to 100 MiB after it; return how much was taken, and what was answered."""
    address = urlsplit(str(candidate.http.base_url))
    block = bytes(MIB)
    framed = b"%x\r\n%b\r\n" % (len(block), block) if chunked else block
    sent, answer = 0, b""
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=20) as line:
        line.sendall(head)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while sent < 100 * MIB:
                line.sendall(framed)
                sent += MIB
        with contextlib.suppress(ConnectionResetError):
            answer = line.recv(65536)
    return sent, answer


def test_a_candidate_takes_a_picture_away_until_somebody_has_the_request(
    candidate: Candidate, exam: PublishedExam, desk: DeskBrowser
) -> None:
    _add(candidate, picture())
    _add(candidate, picture("green"))
    (first, _), (second, _) = _stored(exam)
    assert "图片 2 已添加" not in _remove(candidate, first).text
    assert _remove(candidate, first).status_code == 200, "safe to repeat"
    _claim(desk, _number(exam))
    assert f"pictures/{second}/removal" not in candidate.http.get(PAGE).text
    refused = _remove(candidate, second)
    assert (refused.status_code, code_of(refused)) == (409, "OS-964")
    assert [number for number, _ in _stored(exam)] == [second]
    assert _add(candidate, picture("blue")).status_code == 200, "an operator may ask for one more"


def test_withdrawing_the_request_deletes_its_pictures(candidate: Candidate, exam: PublishedExam) -> None:
    _add(candidate, picture())
    candidate.http.post(f"{PAGE}/withdraw", data={"form_token": form_token(candidate.http.get(PAGE))})
    assert _stored(exam) == []
    token = form_token(candidate.http.get(f"{PAGE}?new=1"))
    assert code_of(_add(candidate, picture(), token)) == "OS-964"


def test_pictures_are_deleted_with_a_closed_request(
    candidate: Candidate, exam: PublishedExam, portal: Running, desk: DeskBrowser
) -> None:
    _add(candidate, picture())
    number = _number(exam)
    _claim(desk, number)
    desk.send(f"{HOME}help/{number}", f"{HOME}help/{number}/solve")
    assert len(_stored(exam)) == 1
    with exam.database.writing() as connection:
        requests.erase_closed(connection, EXAM, INSIDE + SECOND, 10)
    assert _stored(exam) == []


def test_a_stranger_adds_no_picture_and_a_forged_form_none(
    candidate: Candidate, exam: PublishedExam, portal: Running
) -> None:
    assert code_of(_add(candidate, picture(), token="x")) == "OS-185"
    other_site = candidate.http.post(f"{PAGE}/pictures", content=picture())
    assert code_of(other_site) == "OS-184"
    with portal.candidate(exam.people[1]) as stranger:
        assert "添加图片" not in _ask(stranger).text
        refused = _add(stranger, picture())
        assert refused.status_code == 401
        assert stranger.http.post(f"{PAGE}/pictures/1/removal").status_code == 401
    assert _stored(exam) == []


def test_another_candidate_takes_nothing_away(
    candidate: Candidate, exam: PublishedExam, portal: Running
) -> None:
    _add(candidate, picture())
    ((mine, _),) = _stored(exam)
    with portal.candidate(exam.people[1]) as other:
        other.log_in()
        _ask(other)
        _remove(other, mine)
    assert len(_stored(exam)) == 1


@pytest.fixture
def before_the_start(exam: PublishedExam, portal: Running) -> None:
    """Shortly before the formal session, in an exam whose candidates can log in until then."""
    exam.publish_charter(version=2, download=Window(OPENS, STARTS + timedelta(days=1)))
    portal.at(STARTS - MINUTE)


@pytest.mark.usefixtures("before_the_start")
def test_in_the_answer_time_pictures_are_neither_taken_nor_shown(
    exam: PublishedExam, portal: Running, candidate: Candidate, desk: DeskBrowser
) -> None:
    path, bearer = _api(candidate, exam)
    _add(candidate, picture())
    ((mine, _),) = _stored(exam)
    number = _number(exam)
    _claim(desk, number)
    assert _look(desk, number, mine).headers["content-type"] == "image/jpeg"
    portal.at(STARTS)
    shown = candidate.http.get(PAGE).text
    assert "作答期间不接收图片" in shown and 'type="file"' not in shown
    assert code_of(_add(candidate, picture("green"))) == "OS-947"
    by_program = candidate.http.post(path, content=picture("green"), headers=bearer)
    assert (by_program.status_code, by_program.json()["code"]) == (403, "OS-947")
    page = desk.http.get(f"{HOME}help/{number}").text
    assert "作答期间不能查看图片" in page and f"pictures/{mine}" not in page
    token = form_token(desk.http.get(HOME))
    looked = desk.http.post(f"{HOME}help/{number}/pictures/{mine}", data={"form_token": token})
    assert code_of(looked) == "OS-947"
    assert len(_stored(exam)) == 1
    portal.at(ENDS)
    assert _add(candidate, picture("green")).status_code == 200


@pytest.mark.usefixtures("before_the_start")
def test_an_upload_that_reaches_into_the_answer_time_is_not_taken(
    exam: PublishedExam, portal: Running, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:

    def slowly(content: bytes) -> bytes:
        portal.at(STARTS)
        return encode_anew(content)

    monkeypatch.setattr(picture_uploads, "encode_anew", slowly)
    assert code_of(_add(candidate, picture())) == "OS-947"
    assert _stored(exam) == []


# ---------------------------------------------------------------------------------------------- limits


def test_one_candidate_uploads_one_at_a_time_and_a_process_a_few(
    candidate: Candidate, exam: PublishedExam, portal: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = portal.app.state.picture_uploads
    with uploads.slot(f"{EXAM}/{exam.jti(candidate.person)}"):
        busy = _add(candidate, picture())
        assert (busy.status_code, code_of(busy)) == (503, "OS-949")
        assert busy.headers["retry-after"] == "10"
    monkeypatch.setattr(picture_uploads, "MAX_CONCURRENT", 1)
    with uploads.slot("other"):
        assert code_of(_add(candidate, picture())) == "OS-949"
    assert _add(candidate, picture()).status_code == 200


def test_decoding_holds_up_no_other_request_and_is_done_one_at_a_time(
    candidate: Candidate, exam: PublishedExam, portal: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, bearer = _api(candidate, exam)
    decoding, go_on = threading.Semaphore(0), threading.Event()

    def held(content: bytes) -> bytes:
        decoding.release()
        assert go_on.wait(PATIENCE_S)
        return encode_anew(content)

    monkeypatch.setattr(picture_uploads, "encode_anew", held)
    with portal.candidate(exam.people[1]) as other, ThreadPoolExecutor(2) as pool:
        other.log_in()
        _ask(other)
        others = pool.submit(_add, other, picture())
        assert decoding.acquire(timeout=20)
        own = pool.submit(httpx.post, f"{portal.url}{path}", content=picture(), headers=bearer)
        assert candidate.http.get(PAGE).status_code == 200
        assert not decoding.acquire(timeout=0.5), "the second picture waits for the first"
        go_on.set()
        assert [others.result().status_code, own.result().status_code] == [200, 200]


def test_a_slow_upload_gives_its_slot_back(
    candidate: Candidate, exam: PublishedExam, portal: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_uploads, "UPLOAD_WITHIN_S", 0.3)
    path, bearer = _api(candidate, exam)
    address = urlsplit(portal.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=20) as line:
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {bearer['authorization']}\r\n"
        line.sendall(f"{head}content-length: 1000\r\n\r\nabc".encode())
        assert b" 408 " in line.recv(65536).split(b"\r\n")[0]
    assert _add(candidate, picture()).status_code == 200


# ------------------------------------------------------------------------------------------- the desk


def test_only_who_has_claimed_the_request_looks_and_each_look_is_in_the_audit_log(
    candidate: Candidate, exam: PublishedExam, portal: Running, desk: DeskBrowser
) -> None:
    _add(candidate, picture("red"))
    ((mine, _),) = _stored(exam)
    number = _number(exam)
    assert "受理后才能查看图片" in desk.http.get(f"{HOME}help/{number}").text
    assert code_of(_look(desk, number, mine)) == "OS-965"
    assert f"pictures/{mine}" in _claim(desk, number).text
    for _ in range(2):
        seen = _look(desk, number, mine)
    assert Image.open(io.BytesIO(seen.content)).size == (400, 200)
    assert SECRET.encode() not in seen.content
    assert seen.headers["content-type"] == "image/jpeg"
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert seen.headers["cache-control"] == "private, no-store"
    policy = seen.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and policy.endswith("sandbox")
    with exam.database.reading() as connection:
        audit.verify(connection)
        looks = [entry for entry in audit.latest(connection, EXAM, 20) if entry.act == "help.picture-seen"]
    assert len(looks) == 2 and all(look.actor == "operator:li" for look in looks)
    assert "查看求助图片" in desk.http.get(f"{HOME}audit").text


def test_a_picture_has_no_address_that_shows_it_and_needs_the_form(
    candidate: Candidate, exam: PublishedExam, desk: DeskBrowser
) -> None:
    _add(candidate, picture())
    ((mine, _),) = _stored(exam)
    number = _number(exam)
    _claim(desk, number)
    path = f"{HOME}help/{number}/pictures/{mine}"
    assert desk.http.get(path).headers["content-type"].startswith("text/html")
    assert code_of(desk.http.post(path, data={"form_token": "x"})) == "OS-185"
    assert code_of(_look(desk, number, mine + 1)) == "OS-964", "it was taken away"
    assert desk.send(f"{HOME}help/{number}", f"{HOME}help/{number}/pictures/{2**63}").status_code == 400


def test_viewers_see_no_picture(candidate: Candidate, exam: PublishedExam, portal: Running) -> None:
    _add(candidate, picture())
    ((mine, _),) = _stored(exam)
    hire(exam, "zhao", Role.VIEWER)
    with DeskBrowser(portal) as viewer:
        viewer.log_in("zhao")
        assert code_of(viewer.send(HOME, f"{HOME}help/{_number(exam)}/pictures/{mine}")) == "OS-209"


# -------------------------------------------------------------------------------------------- programs


def _api(candidate: Candidate, exam: PublishedExam) -> tuple[str, dict[str, str]]:
    bearer = {"authorization": f"Bearer {candidate.session()['session']}"}
    return f"{candidate.api}/seats/{exam.jti(candidate.person)}/help-request/pictures", bearer


def test_a_program_adds_lists_and_takes_away(candidate: Candidate, exam: PublishedExam) -> None:
    path, _ = _api(candidate, exam)
    room = {"authorization": f"Bearer {exam.service_token(Scope.HELP)}"}
    added = candidate.http.post(path, content=picture(form="WEBP"), headers=room)
    assert added.status_code == 200, added.text
    again = candidate.http.post(path, content=picture(form="WEBP"), headers=room)
    assert again.json() == added.json() == candidate.http.get(path, headers=room).json()
    (listed,) = added.json()["pictures"]
    assert (listed["added_at"], added.json()["most"]) == ("2035-01-04T04:00:00+00:00", 3)
    removed = candidate.http.delete(f"{path}/{listed['id']}", headers=room)
    assert removed.json()["pictures"] == []
    assert candidate.http.delete(f"{path}/{listed['id']}", headers=room).status_code == 200
    without = {"authorization": f"Bearer {exam.service_token(Scope.SEAT_READ)}"}
    assert candidate.http.post(path, content=picture(), headers=without).status_code == 403
    candidate.http.cookies.clear()
    assert candidate.http.post(path, content=picture()).status_code == 401


def test_another_seats_request_takes_no_picture_of_a_candidate(
    candidate: Candidate, exam: PublishedExam, portal: Running
) -> None:
    path, _ = _api(candidate, exam)
    with portal.candidate(exam.people[1]) as other:
        _, bearer = _api(other, exam)
        assert other.http.post(path, content=picture(), headers=bearer).status_code == 404
        own = path.replace(exam.jti(candidate.person), exam.jti(other.person))
        refused = other.http.post(own, content=picture(), headers=bearer)
        assert (refused.status_code, refused.json()["code"]) == (404, "OS-962"), "there is no request"
