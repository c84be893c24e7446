"""Refusals within an attempt: an older window, steps out of order, times, answers, recordings."""

from __future__ import annotations

from oneseat.room.errors import CALL_HOTLINE, ENTER_AGAIN, RoomError
from signing.errors import ExitStatus
from signing.text import Text

_WAIT = Text("Wait until the time on the page.", "请等到页面上显示的时间。")


class NewerWindow(RoomError):
    """A call came from a window that is not the attempt's newest."""

    number = 2010
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("The exam room is open in a newer window.", "考场已在另一个窗口打开。")
    remedy = Text("Go on in the newer window.", "请到新窗口继续。")


class StepOutOfOrder(RoomError):
    """A step was sent before the one that comes before it."""

    number = 2013
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("An earlier step is not finished.", "前面的步骤尚未完成。")
    remedy = Text("Finish the step that the page shows.", "请先完成页面上的当前步骤。")


class BeginTooLate(RoomError):
    """A mock interview cannot end any more before its session closes."""

    number = 2014
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "The last start of this mock interview was {last.en}.", "本场模拟面试最晚开始时间为 {last.zh}。"
    )
    remedy = Text("Come to another mock session if there is one.", "如另有模拟场次，请届时参加。")


class HandInTooEarly(RoomError):
    """A hand-in came before the attempt's end."""

    number = 2015
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("It is too early to hand in.", "未到交卷时间，不能交卷。")
    remedy = _WAIT


class AnswersOver(RoomError):
    """An answer was made after the attempt's end, or before its start."""

    number = 2016
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("The answer was not given within the answer time.", "不在作答时间内，不能提交作答。")
    remedy = _WAIT


class AnswerHashWrong(RoomError):
    """An answer's hash is not that of what was sent."""

    number = 2017
    exit_status = ExitStatus.INTEGRITY
    http_status = 409
    cause = Text("The answer arrived damaged.", "提交的作答内容不完整。")
    remedy = ENTER_AGAIN


class AnswerOutOfOrder(RoomError):
    """An answer does not follow the last one that was kept."""

    number = 2018
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("The answer does not follow the last one.", "提交的作答与之前的作答不连续。")
    remedy = ENTER_AGAIN


class SegmentDiffers(RoomError):
    """A segment was announced before with other content."""

    number = 2019
    exit_status = ExitStatus.INTEGRITY
    http_status = 409
    cause = Text(
        "A piece of the recording was announced with other content.", "录像片段与之前登记的内容不一致。"
    )
    remedy = CALL_HOTLINE


class TakeUnknown(RoomError):
    """A segment belongs to a take that was never announced."""

    number = 2020
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("A piece belongs to a recording that is unknown.", "录像片段所属的录像没有登记。")
    remedy = ENTER_AGAIN


class AttemptFull(RoomError):
    """An attempt has more takes or segments than any interview can have."""

    number = 2026
    exit_status = ExitStatus.INPUT
    http_status = 409
    cause = Text("This interview has too many recordings.", "本场面试的录像数量超出上限。")
    remedy = CALL_HOTLINE


class UploadUnderWay(RoomError):
    """A segment is being uploaded already, by the same address."""

    number = 2151
    exit_status = ExitStatus.CONFLICT
    http_status = 429
    cause = Text("This piece of the recording is being uploaded already.", "这段录像正在上传中。")
    remedy = Text("Wait; the page uploads it again by itself.", "请稍候，页面会自动重新上传。")


class RecordingComplete(RoomError):
    """A recording that nobody announced comes to an attempt that is handed in and complete."""

    number = 2150
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "This interview is complete and takes no further recordings.",
        "本场面试的作答和录像已全部收到，不再接收新录像。",
    )
    remedy = Text("Nothing more is to be done.", "无需再上传，可以关闭本页。")
