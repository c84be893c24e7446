"""Refusals of what a client's guard sends."""

from __future__ import annotations

from oneseat.room.errors import CALL_HOTLINE, RoomError
from signing.errors import ExitStatus
from signing.text import Text


class GuardReportUnusable(RoomError):
    """The guard's events have not the form that the room reads."""

    number = 2130
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The client's monitoring report is malformed.", "考生端发送的考试监测记录格式不正确。")
    remedy = CALL_HOTLINE


class GuardEventUnsigned(RoomError):
    """An event of the guard is not signed by the device of the attempt."""

    number = 2131
    exit_status = ExitStatus.INTEGRITY
    http_status = 403
    cause = Text(
        "A monitoring record was not signed by the computer that entered the interview.",
        "考试监测记录不是由本场面试所用的电脑生成的，不能接收。",
    )
    remedy = CALL_HOTLINE
