"""A candidate's mock interview in the exam room, in a real browser, up to the receipt.

The candidate's device is simulated: its key is made here, and the client's own modules activate it, get the
ticket, sign the proof and serve the one-time page that hands it over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from oneseat.client.computer.device import Device
from oneseat.client.identity import Identity
from oneseat.client.online.portal import Portal
from oneseat.client.sessions.handover import RoomCredential, room_of
from oneseat.client.sessions.one_time_page import OneTimePage
from oneseat.demo.errors import PageUnexpected, RecordingIncomplete
from oneseat.demo.phone import Phone, phone_window
from oneseat.demo.screen import app_window
from oneseat.pipeline.roster import Candidate
from oneseat.room.rules.segments import SegmentName
from oneseat.state.candidates import attendance
from oneseat.state.database import Database
from oneseat.state.room import attempts, takes
from oneseat.state.room.attempts import Attempt
from oneseat.store.folder import FolderStore
from signing import installer
from signing.charter import Charter
from signing.room_tokens import Receipt
from signing.session_times import MOCK
from signing.text import Text, legible, untranslated

if TYPE_CHECKING:
    from playwright.sync_api import Page

_STEP_MS = 60_000


@dataclass(frozen=True)
class HeldInterview:
    """What is left of an interview: its receipt's number, segments and bytes in the store."""

    receipt: str
    segments: int
    size: int


@dataclass(frozen=True)
class SeatFiles:
    """What a candidate downloaded: the installer and the phone app."""

    installer: Path
    phone: Path


def hold_mock(charter: Charter, person: Candidate, files: SeatFiles, log: Path) -> str:
    """Activate a simulated device for the seat, hold the mock interview with a phone; return the jti.

    Raises:
        PageUnexpected: the page does not show what a step needs; it names ``log``, the room's log.
        OneSeatError: portal or room refuse, or the browser cannot be opened.
    """
    with files.installer.open("rb") as file:
        licence = installer.read(file).licence.decode("ascii")
    portal, device = Portal(charter), Device.new({"demonstration": b"a simulated computer"})
    identity = Identity.typed(person.id_number, person.admission_number)
    activation = portal.activate(licence, identity, device).activation
    ticket = portal.ticket(activation, MOCK, device)
    room = room_of(charter)

    def fields() -> dict[str, str]:
        return RoomCredential.of(ticket.token, room, device, portal.signed_time()).fields()

    card = OneTimePage(room.url, fields, lambda text: text.zh)
    try:
        with app_window(card.url) as page:
            page.set_default_timeout(_STEP_MS)
            with _refused_by_name(log), phone_window(page, room.api, files.phone) as phone:
                _go_through(page, phone, person)
    finally:
        if not card.fetched.is_set():
            card.close()
    return ticket.ticket.jti


@contextmanager
def _refused_by_name(log: Path) -> Iterator[None]:
    """Turn a step that the page does not allow into a refusal."""
    from playwright.sync_api import Error

    try:
        yield
    except Error as fault:
        raise PageUnexpected(what=untranslated(legible(fault.message, 200)), log=log) from None


def _go_through(page: Page, phone: Phone, person: Candidate) -> None:
    """Do what a candidate does, from the phone's login to the receipt."""
    phone.log_in(person)
    page.locator("[name=agreed]").check()
    page.locator("[name=face]").check()
    _press(page, "同意并继续")
    phone.film()
    _press(page, "打开摄像头和麦克风")
    _press(page, "共享屏幕")
    page.locator("[data-act=ready]:enabled").click()
    _show_identity(page, person)
    page.locator("[name=rules]").check()
    _press(page, "准备好了，继续")
    _press(page, "开始模拟")
    _press(page, "开始本题")
    page.locator(".saved [data-part=saved]").first.wait_for()
    _press(page, "下一题")
    page.locator("input[value=a]").check()
    page.locator(".saved [data-part=saved]").locator("visible=true").first.wait_for()
    _press(page, "交卷")
    phone.finish()
    page.get_by_role("heading", name="交卷完成").wait_for()


def _show_identity(page: Page, person: Candidate) -> None:
    """Take both photographs of the camera's picture, and type name and ID number."""
    for what in ("face", "card"):
        _photograph(page, what)
    page.locator("[name=name]").fill(person.name)
    page.locator("[name=number]").fill(person.id_number)
    _press(page, "提交，继续")


def _photograph(page: Page, what: str) -> None:
    """Take a photograph, again where the page finds it unclear, until it is good or kept as it is.

    Frames of a fake camera differ: one that shows its flash, or half of the next one, is found unclear.
    """
    card, taken = page.locator(f"[data-photo={what}]"), f"[data-photo={what}]:not([data-state=live])"
    card.locator("[data-act=take]").click()
    page.locator(taken).wait_for()
    while card.get_attribute("data-state") not in ("good", "kept"):
        card.locator("[data-act=again]").click()
        card.locator("[data-act=take]").click()
        page.locator(taken).wait_for()


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).locator("visible=true").first.click()


def check_kept(
    database: Database, recordings: FolderStore, charter: Charter, seat: tuple[str, str]
) -> HeldInterview:
    """Check the receipt, every promised segment in the store, and that the portal counts the mock.

    ``seat`` is the jti and the admission number.

    Raises:
        RecordingIncomplete: something is missing or differs.
        TokenMalformed, KeyUnknown, SignatureInvalid: the receipt does not verify under the charter.
    """
    jti, admission_number = seat
    with database.reading() as connection:
        places = attendance.find_by_seat(connection, charter.exam, admission_number)
        held = [attempts.find_newest(connection, charter.exam, jti, MOCK, place.session) for place in places]
        attempt = next((each for each in held if each is not None), None)
        taken = [] if attempt is None else takes.list_of(connection, attempt.id)
    receipt = _receipt(attempt, charter)
    if not any(place.ended_at for place in places):
        raise RecordingIncomplete(
            what=Text("the portal has no report of the mock", "平台没有收到模拟面试的结束上报")
        )
    if {take.stream for take in taken} != {"camera", "screen", "phone"}:
        raise RecordingIncomplete(what=Text("a stream is missing", "缺少一路录像"))
    segments = size = 0
    for take in taken:
        for number in range(take.promised or 0):
            size += _check_segment(recordings, SegmentName.of(take, number))
            segments += 1
    return HeldInterview(receipt.number, segments, size)


def _receipt(attempt: Attempt | None, charter: Charter) -> Receipt:
    if attempt is None or attempt.receipt is None or attempt.completed_at is None or charter.room is None:
        raise RecordingIncomplete(what=Text("there is no receipt", "没有交卷回执"))
    receipt = Receipt.verify(attempt.receipt, charter.room.receipt_keys_by_kid)
    answers = (attempt.answers_head or b"").hex()
    if (receipt.attempt, receipt.jti, receipt.answers) != (attempt.id, attempt.jti, answers):
        raise RecordingIncomplete(what=Text("the receipt is another attempt's", "交卷回执属于另一次考试记录"))
    return receipt


def _check_segment(recordings: FolderStore, name: SegmentName | None) -> int:
    """The size of a segment, once its bytes have the digest in its name."""
    if name is None or recordings.find(str(name)) is None:
        raise RecordingIncomplete(what=Text("a segment is not in the store", "有录像片段不在存储中"))
    content = b"".join(recordings.read(str(name)))
    if hashlib.sha256(content).digest() != name.sha256:
        raise RecordingIncomplete(what=Text("a segment's bytes differ", "有录像片段内容不符"))
    return len(content)
