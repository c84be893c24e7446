"""Refusals of the identity step."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text


class IdentityPartMissing(RoomError):
    """A photograph, the name or the number is missing."""

    number = 2070
    exit_status = ExitStatus.INPUT
    http_status = 409
    cause = Text("A photograph, the name or the ID number is missing.", "照片、姓名或证件号码不全。")
    remedy = Text("Take both photographs and fill in both fields.", "请拍好两张照片，并填写姓名和证件号码。")


class PhotoUnusable(RoomError):
    """What was sent as a photograph cannot be decoded as one."""

    number = 2071
    exit_status = ExitStatus.INPUT
    http_status = 409
    cause = Text("A photograph cannot be read.", "照片无法读取。")
    remedy = Text("Take the photograph again.", "请重新拍摄。")


class IdentityNumberInvalid(RoomError):
    """The typed number has the form of no document that the exam accepts."""

    number = 2072
    exit_status = ExitStatus.INPUT
    http_status = 409
    cause = Text("The ID number is not right: {reason.en}.", "证件号码有误：{reason.zh}。")
    remedy = Text("Type the number as it is on the card.", "请照证件上的号码填写。")
