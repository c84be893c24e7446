"""Remarks on phones that film in this project's own room: what the exam file leaves open or contradicts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from oneseat.pipeline.exam.values import seconds_of
from signing import urls
from signing.charter import OWN_ROOM
from signing.text import Text

if TYPE_CHECKING:
    from oneseat.pipeline.exam.model import Exam

LEAST_SWEEP_S = 20
"""A shorter sweep is for trials: a phone is not turned once around a room in less."""

Found = tuple[str, Text, Text]
"""Key, problem and consequence of a remark."""


def has_phones(exam: Exam) -> bool:
    """Whether phones film in this project's own room."""
    room = exam.exam_room
    return bool(exam.companion.kind) and room is not None and room.kind == OWN_ROOM


def find(exam: Exam) -> Iterator[Found]:
    """Find the remarks on an exam whose ``companion`` names a kind; none without one."""
    if not exam.companion.kind:
        return
    if not has_phones(exam):
        yield "companion.kind", _NO_ROOM, _NO_PHONE
        return
    if exam.privacy is not None and not _names_phone(exam):
        yield "privacy.data", _NOT_NAMED, _NOT_TOLD
    if exam.companion_app is not None:
        yield "companion_app", _TWO_APPS, _WHICH
    sweep_s = seconds_of(exam.companion.sweep)
    if sweep_s < LEAST_SWEEP_S and not _on_this_computer(exam):
        yield (
            "companion.sweep",
            Text(f"the sweep lasts {sweep_s} s", f"环拍只有 {sweep_s} 秒"),
            Text("a phone cannot be turned once around the room", "来不及用手机环拍考试环境一周"),
        )


def _names_phone(exam: Exam) -> bool:
    """Whether the privacy notice names what the phone records, by the device's or the app's name."""
    kinds = () if exam.privacy is None else exam.privacy.data
    return any("手机" in one.what.zh or exam.companion.zh in one.what.zh for one in kinds)


def _on_this_computer(exam: Exam) -> bool:
    address = None if exam.exam_room is None else urls.parse(exam.exam_room.api)
    return address is not None and address.is_local


_NO_ROOM = Text("the exam room is not this project's", "考场不是本系统的考场")
_NO_PHONE = Text("no phone is asked for, and none can log in", "不会要求登录手机端，手机端也无法登录")
_NOT_NAMED = Text("no kind of data names the recordings of the phone", "所列个人信息中没有手机端录像")
_NOT_TOLD = Text(
    "candidates are filmed by their phone without being told before", "考生事先不知道手机端会录像"
)
_TWO_APPS = Text("the exam has its own phone app as well", "本场考试已有自己的手机端")
_WHICH = Text("candidates are shown the address of another app", "考生会看到另一个手机端的下载地址")
