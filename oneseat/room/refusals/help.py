"""Refusals of requests for help and of permissions."""

from __future__ import annotations

from oneseat.room.errors import CALL_HOTLINE, RoomError
from signing.errors import ExitStatus
from signing.text import Text


class RoomCallbackInvalid(RoomError):
    """The number to call is no telephone number."""

    number = 2050
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The number to call is not a telephone number.", "回电号码不是有效的电话号码。")
    remedy = Text(
        "Enter a mobile number, or a fixed line with its area code; or ask for an answer in writing.",
        "请填写手机号，或带区号的固定电话；不便接听电话的，请勾选“用文字答复”。",
    )


class RoomWordsMissing(RoomError):
    """There are no words where there must be some."""

    number = 2051
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The request does not say what happened.", "没有写明遇到的问题。")
    remedy = Text("Write in a few words what happened.", "请用几个字写明遇到的问题。")


class HelpNotPassedOn(RoomError):
    """The room has no service token for the portal's help API."""

    number = 2052
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("This room cannot pass on requests for help.", "本考场不能转达求助。")
    remedy = CALL_HOTLINE


class HelpTooOften(RoomError):
    """An attempt has made more requests than an interview can need."""

    number = 2053
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("There were too many requests for help.", "本场面试的求助次数过多。")
    remedy = CALL_HOTLINE


class LeaveTooLate(RoomError):
    """Leaving the picture was asked for too shortly before the start, or after it."""

    number = 2054
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "It is too late to leave: the start is less than 5 minutes away.",
        "距开考不足 5 分钟，不能再申请暂离。",
    )
    remedy = Text("Stay in the picture.", "请留在画面内等待开考。")
