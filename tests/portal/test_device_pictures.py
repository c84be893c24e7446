"""Pictures of help requests signed by the seat's device: by its key alone, over this picture, and when."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, select

from oneseat.files.pictures import encode_anew
from oneseat.portal.http import picture_uploads
from oneseat.state.accounts.operators import Role
from oneseat.state.tables.help_requests import HelpPictureRow
from signing.charter import Window
from tests.portal.desk.desk_browser import HOME, DeskBrowser, hire
from tests.portal.published_exam import EXAM, INSIDE, OPENS, PublishedExam, Running
from tests.portal.test_help_pictures import ENDS, MIB, MINUTE, STARTS, picture
from tests.simulator import Candidate, Device

ASKED = {"reason": "device", "words": "x", "callback": "13800131234"}


@pytest.fixture(autouse=True)
def _fresh_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the queue each time."""
    monkeypatch.setattr("oneseat.portal.services.help.queue_board.MAX_AGE_S", 0.0)


@pytest.fixture
def candidate(portal: Running, exam: PublishedExam) -> Iterator[Candidate]:
    """A candidate whose computer has asked for help."""
    with portal.candidate(exam.people[0]) as made:
        made.activated(exam.licence(made.person))
        _ask(made, "submit", json.dumps(ASKED))
        yield made


def _ask(candidate: Candidate, act: str, content: str = "") -> dict[str, Any]:
    body = candidate.device.help(candidate.nonce(), candidate.activation, act, content)
    answer: dict[str, Any] = candidate.http.post(f"{candidate.api}/device-help", json=body).json()
    return answer


def _headers(candidate: Candidate, content: bytes, **changes: str) -> dict[str, str]:
    digest = hashlib.sha256(content).hexdigest()
    signed = candidate.device.help_headers(candidate.nonce(), candidate.activation, "picture", digest)
    return {**signed, **changes}


def _add(candidate: Candidate, content: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    signed = _headers(candidate, content) if headers is None else headers
    return candidate.http.post(f"{candidate.api}/device-help/pictures", content=content, headers=signed)


def _remove(candidate: Candidate, address: int, signed: int | None = None) -> httpx.Response:
    content = str(address if signed is None else signed)
    headers = candidate.device.help_headers(
        candidate.nonce(), candidate.activation, "remove-picture", content
    )
    return candidate.http.delete(f"{candidate.api}/device-help/pictures/{address}", headers=headers)


def _code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def _count(exam: PublishedExam) -> int:
    with exam.database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(HelpPictureRow)) or 0


def test_the_answer_to_a_device_lists_the_pictures(candidate: Candidate) -> None:
    nothing = {"pictures": [], "most": 3, "may_add": True, "may_take_away": True, "not_before": None}
    assert _ask(candidate, "read")["pictures"] == nothing
    added = _add(candidate, picture())
    assert added.status_code == 200, added.text
    assert added.json() == _ask(candidate, "read")["pictures"]
    assert len(added.json()["pictures"]) == 1


def test_the_same_picture_twice_is_one_and_three_are_the_most(
    candidate: Candidate, exam: PublishedExam
) -> None:
    for colour in ("red", "red", "green", "blue"):
        last = _add(candidate, picture(colour))
    assert _count(exam) == 3 and last.json()["may_add"] is False
    assert _code(_add(candidate, picture("white"))) == (409, "OS-948")


def test_a_picture_is_removed_until_an_operator_has_the_request(
    candidate: Candidate, exam: PublishedExam, portal: Running
) -> None:
    (first,) = _add(candidate, picture()).json()["pictures"]
    assert _remove(candidate, first["id"]).json()["pictures"] == []
    assert _remove(candidate, first["id"]).status_code == 200, "safe to repeat"
    (second,) = _add(candidate, picture()).json()["pictures"]
    number = _ask(candidate, "read")["number"]
    hire(exam, "li", Role.SUPPORT)
    with DeskBrowser(portal) as desk:
        desk.log_in("li")
        desk.send(f"{HOME}help/{number}", f"{HOME}help/{number}/claim")
    assert _ask(candidate, "read")["pictures"]["may_take_away"] is False
    assert _code(_remove(candidate, second["id"])) == (409, "OS-964")


def test_a_device_signs_this_picture_and_no_other(candidate: Candidate, exam: PublishedExam) -> None:
    signed = _headers(candidate, picture("red"))
    assert _code(_add(candidate, picture("green"), signed)) == (400, "OS-952")
    other = hashlib.sha256(picture("green")).hexdigest()
    assert _code(_add(candidate, picture("green"), {**signed, "OneSeat-SHA256": other})) == (400, "OS-181")
    assert _count(exam) == 0


def test_a_signature_for_another_act_or_picture_is_refused(candidate: Candidate, exam: PublishedExam) -> None:
    content = picture()
    digest = hashlib.sha256(content).hexdigest()
    read = candidate.device.help(candidate.nonce(), candidate.activation, "read", digest)
    as_picture = _headers(candidate, content)
    as_picture.update({"OneSeat-Nonce": read["nonce"], "OneSeat-Signature": read["signature"]})
    assert _code(_add(candidate, content, as_picture)) == (400, "OS-181")
    (mine,) = _add(candidate, content).json()["pictures"]
    assert _code(_remove(candidate, mine["id"], signed=mine["id"] + 1)) == (400, "OS-181")
    assert _count(exam) == 1


def test_a_strangers_device_and_another_seats_activation_add_nothing(
    candidate: Candidate, exam: PublishedExam, portal: Running
) -> None:
    content = picture()
    digest = hashlib.sha256(content).hexdigest()
    stranger = Device().help_headers(candidate.nonce(), candidate.activation, "picture", digest)
    assert _code(_add(candidate, content, stranger)) == (400, "OS-181")
    with portal.candidate(exam.people[1]) as other:
        other.activated(exam.licence(other.person))
        assert _code(_add(other, content)) == (404, "OS-962"), "it has made no request of its own"
        borrowed = _headers(other, content, **{"OneSeat-Activation": candidate.activation})
        assert _code(_add(other, content, borrowed)) == (400, "OS-181")
        mine = _add(candidate, picture("green")).json()["pictures"][0]["id"]
        assert _code(_remove(other, mine)) == (404, "OS-962")
    exam.revoke(candidate.person)
    assert _code(_add(candidate, content)) == (403, "OS-179")
    assert _count(exam) == 1


def test_a_replayed_request_changes_nothing_and_an_old_nonce_is_refused(
    candidate: Candidate, exam: PublishedExam, portal: Running
) -> None:
    content = picture()
    signed = _headers(candidate, content)
    assert _add(candidate, content, signed).json() == _add(candidate, content, signed).json()
    assert _count(exam) == 1
    old = _headers(candidate, picture("green"))
    portal.at(INSIDE + timedelta(minutes=3))
    assert _code(_add(candidate, picture("green"), old)) == (409, "OS-180")
    assert _code(_add(candidate, content, _headers(candidate, content, **{"OneSeat-Nonce": "x"}))) == (
        409,
        "OS-180",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OneSeat-Activation", None),
        ("OneSeat-Nonce", "x" * 1025),
        ("OneSeat-Signature", "a b"),
        ("OneSeat-SHA256", "A" * 64),
        ("OneSeat-SHA256", None),
    ],
    ids=["none", "long", "space", "upper", "no-sum"],
)
def test_headers_that_are_missing_or_malformed_are_refused(
    candidate: Candidate, name: str, value: str | None
) -> None:
    headers = _headers(candidate, picture())
    if value is None:
        del headers[name]
    else:
        headers[name] = value
    assert _code(_add(candidate, picture(), headers)) == (400, "OS-184")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "OS-945"), (b"<script>", "OS-945"), (bytes(8 * MIB + 1), "OS-946")],
    ids=["empty", "script", "large"],
)
def test_what_is_no_picture_is_refused(
    candidate: Candidate, exam: PublishedExam, content: bytes, code: str
) -> None:
    assert _code(_add(candidate, content))[1] == code
    assert _count(exam) == 0


def test_a_strange_signature_is_refused_before_the_picture_arrives(candidate: Candidate) -> None:
    headers = _headers(candidate, picture(), **{"OneSeat-Signature": "A" * 86})
    address = urlsplit(str(candidate.http.base_url))
    lines = [f"POST {candidate.api}/device-help/pictures HTTP/1.1", "host: x", "content-length: 1000000"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=20) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        assert b" 400 " in line.recv(65536).split(b"\r\n")[0]


def test_one_seat_uploads_one_at_a_time(candidate: Candidate, exam: PublishedExam, portal: Running) -> None:
    with portal.app.state.picture_uploads.slot(f"{EXAM}/{exam.jti(candidate.person)}"):
        assert _code(_add(candidate, picture())) == (503, "OS-949")
    assert _add(candidate, picture()).status_code == 200


def test_a_closed_request_takes_no_picture(candidate: Candidate, exam: PublishedExam) -> None:
    _add(candidate, picture())
    assert _ask(candidate, "withdraw")["pictures"]["pictures"] == []
    assert _code(_add(candidate, picture())) == (409, "OS-964")
    assert _count(exam) == 0


def test_in_the_answer_time_no_picture_is_taken_and_the_answer_says_until_when(
    candidate: Candidate, exam: PublishedExam, portal: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.at(STARTS)
    assert _code(_add(candidate, picture())) == (403, "OS-947")
    listed = _ask(candidate, "read")["pictures"]
    assert (listed["may_add"], listed["not_before"]) == (False, "2035-01-10T11:10:00+08:00")
    portal.at(STARTS - MINUTE)

    def slowly(content: bytes) -> bytes:
        portal.at(STARTS)
        return encode_anew(content)

    with monkeypatch.context() as patch:
        patch.setattr(picture_uploads, "encode_anew", slowly)
        assert _code(_add(candidate, picture()))[1] == "OS-947", "it reached into the answer time"
    assert _count(exam) == 0
    portal.at(ENDS)
    assert _add(candidate, picture()).status_code == 200


def test_after_the_download_window_a_device_still_adds_pictures(
    candidate: Candidate, exam: PublishedExam, portal: Running
) -> None:
    exam.publish_charter(version=2, download=Window(OPENS, INSIDE + MINUTE))
    portal.at(INSIDE + timedelta(hours=1))
    assert candidate.authenticate().status_code == 403
    assert _add(candidate, picture()).status_code == 200
