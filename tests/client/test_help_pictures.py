"""Pictures with a help request: checked, signed, sent; kept encrypted offline; never in an answer time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import pytest

from oneseat.client.enrol import Enrolment
from oneseat.client.errors import (
    PictureNotKept,
    PicturesInAnswerTime,
    PictureUnusable,
    PortalRefused,
)
from oneseat.client.launch import Acceptance
from oneseat.client.local import kept_pictures
from oneseat.client.local.kept_pictures import MAX_PICTURE_BYTES, KeptPictures
from oneseat.client.local.vault import exam_folder, forget_exam
from oneseat.client.online import help_pictures
from oneseat.client.online.help_pictures import PictureProgress
from oneseat.client.online.help_requests import HelpForm, HelpRequests
from tests.client.simulated import OWNER, Installation, Portal, help_answer, problem

FORM = HelpForm("device", "x", "13800131234")
JPEG = b"\xff\xd8\xff" + b"0" * 100_000
NUMBER = "12345678"


class Desk:
    """The help requests of one login, at a time that tests set."""

    def __init__(self, installation: Installation) -> None:
        path = installation.installer(installation.authority.licence_token(OWNER))
        Enrolment(installation.program, installation.computer, installation.clock, print).run(path, OWNER)
        self.installation = installation
        self.acceptance: Acceptance = installation.actions().accept(OWNER)
        self.now, self.progress = installation.clock.now(), PictureProgress()
        self.folder = exam_folder(installation.computer.own_folder(), "test")

    @property
    def requests(self) -> HelpRequests:
        actions = self.installation.actions()
        return HelpRequests(
            self.installation.computer, actions.portal_for, self.acceptance, lambda: self.now, self.progress
        )

    def write(self, name: str = "a.jpg", content: bytes = JPEG) -> Path:
        path = self.installation.computer.folder / name
        path.write_bytes(content)
        return path

    def files(self) -> int:
        return len(list(self.folder.glob("picture-*")))


@pytest.fixture
def desk(online_installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(help_pictures, "RETRY_AFTER_S", 0.0)
    return Desk(online_installation)


@pytest.fixture
def asked(desk: Desk) -> Desk:
    """With an open request."""
    desk.requests.submit(FORM, [])
    return desk


def cut_off(portal: Portal) -> None:
    portal.broken = lambda _: (503, "text/plain", b"")


@pytest.mark.parametrize(
    "start",
    [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"],
    ids=["jpeg", "png", "webp"],
)
def test_a_picture_is_signed_sent_listed_and_removed(asked: Desk, portal: Portal, start: bytes) -> None:
    asked.requests.keep_picture(asked.write(content=start + b"x"), NUMBER)
    answer = asked.requests.look().answer
    assert answer is not None and answer.pictures is not None and answer.pictures.ids == (1,)
    assert list(portal.pictures.values()) == [start + b"x"] and asked.files() == 0
    answer = asked.requests.remove_picture(1).answer
    assert answer is not None and answer.pictures is not None and answer.pictures.ids == ()


def test_no_file_name_and_nothing_of_the_sender_is_in_an_address(asked: Desk, portal: Portal) -> None:
    asked.requests.keep_picture(asked.write("张三.jpg"), NUMBER)
    asked.requests.look()
    assert portal.asked[-1].endswith("/api/v1/exams/test/device-help/pictures")


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"<svg/>", b"RIFF\0\0\0\0WAVE", JPEG[:3] + bytes(MAX_PICTURE_BYTES)],
    ids=["empty", "gif", "svg", "wave", "large"],
)
def test_what_the_portal_would_refuse_is_refused_here(asked: Desk, portal: Portal, content: bytes) -> None:
    with pytest.raises(PictureUnusable):
        asked.requests.keep_picture(asked.write(content=content), NUMBER)
    with pytest.raises(PictureUnusable):
        asked.requests.keep_picture(asked.folder / "absent.jpg", NUMBER)
    assert asked.files() == 0 and portal.pictures == {}


def test_the_largest_picture_arrives_whole(asked: Desk, portal: Portal) -> None:
    largest = JPEG.ljust(MAX_PICTURE_BYTES, b"1")
    asked.requests.keep_picture(asked.write(content=largest), NUMBER)
    asked.requests.look()
    assert list(portal.pictures.values()) == [largest]


def test_offline_pictures_are_kept_encrypted_with_the_request_and_sent_after_it(
    desk: Desk, portal: Portal
) -> None:
    cut_off(portal)
    assert desk.requests.submit(FORM, []).is_kept
    for number in range(3):
        desk.requests.keep_picture(desk.write(content=JPEG + bytes([number])), "")
    with pytest.raises(PictureUnusable):
        desk.requests.keep_picture(desk.write(content=JPEG + b"4"), "")
    assert desk.requests.pictures.waiting == (1, 2, 3)
    assert all(b"0" * 50 not in path.read_bytes() for path in desk.folder.glob("picture-*"))
    portal.broken = None
    desk.requests.send_kept()
    assert len(portal.helped) == 1 and len(portal.pictures) == 3 and desk.files() == 0
    asked = len(portal.asked)
    desk.requests.send_kept()
    assert len(portal.asked) == asked, "nothing is left to send"


def test_a_check_in_sends_pictures_of_an_open_request(asked: Desk, portal: Portal) -> None:
    asked.requests.keep_picture(asked.write(), NUMBER)
    actions = asked.installation.actions()
    actions.check_in(asked.acceptance)
    assert len(portal.pictures) == 1 and asked.files() == 0


def test_an_upload_that_breaks_off_is_tried_again_later(
    asked: Desk, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.requests.keep_picture(asked.write(), NUMBER)
    portal.picture_refusal = (503, "text/plain", b"")
    with monkeypatch.context() as patch:
        patch.setattr(help_pictures, "RETRY_AFTER_S", 60.0)
        asked.requests.look()
    assert asked.requests.pictures.waiting == (1,) and asked.requests.pictures.failed == ()
    portal.picture_refusal = None
    asked.requests.look()
    assert portal.pictures == {}, "not at once: on a slow line each attempt takes minutes"
    asked.progress._retry_at = 0.0
    asked.requests.look()
    assert len(portal.pictures) == 1


def test_a_refused_picture_is_deleted_and_its_refusal_shown_until_dismissed(
    asked: Desk, portal: Portal
) -> None:
    asked.requests.keep_picture(asked.write(), NUMBER)
    portal.picture_refusal = problem(413, 946, "too many pixels", "图片过大")
    asked.requests.look()
    (refusal,) = asked.requests.pictures.failed
    assert (refusal.code, asked.files()) == ("OS-946", 0)
    asked.requests.dismiss(refusal)
    assert asked.requests.pictures.failed == ()


def test_an_answer_time_that_only_the_portal_knows_of_keeps_the_picture(asked: Desk, portal: Portal) -> None:
    asked.requests.keep_picture(asked.write(), NUMBER)
    portal.picture_refusal = problem(403, 947, "not now", "作答期间")
    asked.requests.look()
    assert asked.requests.pictures.waiting == (1,) and asked.requests.pictures.failed == ()
    portal.picture_refusal = None
    listed = portal.picture_list(may_add=False, not_before="2035-01-10T11:10:00+08:00")
    portal.help_request = help_answer(pictures=listed)
    asked.requests.look()
    assert portal.pictures == {}


def test_in_an_answer_time_nothing_is_added_or_sent(asked: Desk, portal: Portal) -> None:
    asked.requests.keep_picture(asked.write(), NUMBER)
    formal = asked.acceptance.charter.formals[0]
    asked.now = formal.starts
    with pytest.raises(PicturesInAnswerTime) as refused:
        asked.requests.keep_picture(asked.write(content=JPEG + b"2"), NUMBER)
    assert f"{formal.ends:%H:%M}" in refused.value.cause_text.zh
    asked.requests.look()
    assert portal.pictures == {} and asked.requests.pictures.not_before == formal.ends
    asked.now = formal.ends
    asked.requests.look()
    assert len(portal.pictures) == 1 and asked.requests.pictures.not_before is None


@pytest.mark.parametrize("offline", [True, False], ids=["kept", "open"])
def test_a_withdrawal_deletes_what_is_kept(desk: Desk, portal: Portal, offline: bool) -> None:
    if offline:
        cut_off(portal)
    desk.requests.submit(FORM, [])
    desk.requests.keep_picture(desk.write(), "" if offline else NUMBER)
    desk.requests.withdraw()
    assert desk.files() == 0
    portal.broken = None
    desk.requests.look()
    assert portal.pictures == {}


@pytest.mark.parametrize("number", [962, 964])
def test_a_request_that_is_gone_takes_its_pictures_along(asked: Desk, portal: Portal, number: int) -> None:
    asked.requests.keep_picture(asked.write(), NUMBER)
    portal.picture_refusal = problem(409, number, "closed", "已办结")
    asked.requests.look()
    assert asked.files() == 0 and asked.requests.pictures.failed == ()
    asked.requests.keep_picture(asked.write(), NUMBER)
    portal.help_request = help_answer(open=False)
    asked.requests.look()
    assert asked.files() == 0


def test_a_picture_of_an_earlier_request_is_not_sent_with_a_new_one(asked: Desk, portal: Portal) -> None:
    asked.requests.keep_picture(asked.write(), NUMBER)
    portal.help_request = help_answer(number="87654321")
    asked.requests.look()
    assert portal.pictures == {} and asked.files() == 0


def test_a_refused_request_takes_its_pictures_along(desk: Desk, portal: Portal) -> None:
    cut_off(portal)
    desk.requests.submit(FORM, [])
    desk.requests.keep_picture(desk.write(), "")
    portal.broken = None
    portal.help = lambda asked: problem(400, 961, "no words", "尚未写明")  # type: ignore[method-assign]
    with pytest.raises(PortalRefused):
        desk.requests.look()
    assert desk.files() == 0


def test_a_portal_that_takes_no_pictures_is_named(asked: Desk, portal: Portal) -> None:
    asked.requests.keep_picture(asked.write(), NUMBER)
    portal.help_request = help_answer(pictures=None)
    asked.requests.look()
    assert [refusal.code for refusal in asked.requests.pictures.failed] == ["OS-1259"]
    assert asked.files() == 0


def test_what_cannot_be_stored_is_said(asked: Desk) -> None:
    name = f"picture-{asked.acceptance.seat.jti}-1.bin.{os.getpid()}.part"
    (asked.folder / name).mkdir(parents=True)
    with pytest.raises(PictureNotKept):
        asked.requests.keep_picture(asked.write(), NUMBER)


def test_forget_deletes_pictures(asked: Desk) -> None:
    asked.requests.keep_picture(asked.write(), NUMBER)
    forget_exam(asked.installation.computer, "test")
    assert asked.files() == 0


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-1], lambda data: b"", lambda data: data[:60] + b"\xff\xff" + data[62:]],
    ids=["cut", "empty", "changed"],
)
def test_a_damaged_file_or_one_of_another_computer_is_deleted_and_never_sent(
    asked: Desk, portal: Portal, damage: Callable[[bytes], bytes]
) -> None:
    asked.requests.keep_picture(asked.write(), NUMBER)
    (path,) = asked.folder.glob("picture-*")
    path.write_bytes(damage(path.read_bytes()))
    asked.requests.look()
    assert asked.files() == 0 and portal.pictures == {}
    asked.requests.keep_picture(asked.write(), NUMBER)
    computer = asked.installation.computer
    computer.wrapping_key = b"another"
    assert KeptPictures(computer, "test", asked.acceptance.seat.jti).read(1) is None


def test_what_is_kept_is_bounded(asked: Desk) -> None:
    kept = KeptPictures(asked.installation.computer, "test", asked.acceptance.seat.jti)
    for _ in range(kept_pictures.MAX_PICTURES):
        assert kept.store(NUMBER, JPEG)
    assert not kept.store(NUMBER, JPEG) and asked.files() == kept_pictures.MAX_PICTURES
