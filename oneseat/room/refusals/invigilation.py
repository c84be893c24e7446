"""Refusals of what invigilators do: reminders, notes, marks, permissions, endings."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text


class ReminderInvalid(RoomError):
    """A reminder is none of the list."""

    number = 2220
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("No reminder of the list was chosen.", "没有选择要发送的提醒。")
    remedy = Text("Choose one of the list.", "请从列表中选择一条。")


class ReminderRefused(RoomError):
    """A reminder was sent to a candidate who would not see it."""

    number = 2221
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("The reminder was not sent: {reason.en}.", "提醒没有发送：{reason.zh}。")
    remedy = Text("Write a note instead.", "如有需要，请写入监考记录。")


class ReminderUnknown(RoomError):
    """A page names a reminder that was not sent to it."""

    number = 2222
    exit_status = ExitStatus.INPUT
    http_status = 404
    cause = Text("There is no such reminder.", "没有这条提醒。")
    remedy = Text("Go on; the page shows what is new.", "请继续，页面会自动更新。")


class ActIncomplete(RoomError):
    """A form on an attempt's page lacks something, or names something that is not there."""

    number = 2223
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("Nothing was recorded: {reason.en}.", "没有记录：{reason.zh}。")
    remedy = Text("Fill in the form again.", "请重新填写后提交。")


class MarkTimeWrong(RoomError):
    """A mark names a time before the candidate came, or one that is still to come."""

    number = 2224
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text(
        "The time of the mark is not between the candidate's coming and now.",
        "标记的时间不在考生进入考场之后、当前时间之前。",
    )
    remedy = Text("Choose begin and end again.", "请重新选择开始和结束时间。")


class PermissionRefused(RoomError):
    """A permission was opened or ended where it cannot be."""

    number = 2225
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("The permission was not changed: {reason.en}.", "许可没有改变：{reason.zh}。")
    remedy = Text("Look at the state of the attempt.", "请查看考试记录的当前状态。")


class EndingRefused(RoomError):
    """An attempt was to be ended, or a request decided on, where that cannot be."""

    number = 2226
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("The attempt was not ended: {reason.en}.", "没有结束本场：{reason.zh}。")
    remedy = Text("Look at the state of the attempt.", "请查看考试记录的当前状态。")


class OtherChiefNeeded(RoomError):
    """One person tried to ask for an ending and to confirm it."""

    number = 2227
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "You asked for this ending yourself; another chief must confirm it.",
        "这份申请由您提出，须由另一位主考确认。",
    )
    remedy = Text("Ask another chief to look at the recordings.", "请另一位主考查看录像后确认。")


class ReopeningRefused(RoomError):
    """An attempt was to be opened again where that cannot be."""

    number = 2228
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("The attempt was not opened again: {reason.en}.", "没有重新开放：{reason.zh}。")
    remedy = Text(
        "Where its time is over, give the candidate another session.", "作答时间已过的，请按另场重考办理。"
    )


class SegmentNotThere(RoomError):
    """A piece of a recording was asked for that has not been received."""

    number = 2229
    exit_status = ExitStatus.INPUT
    http_status = 404
    cause = Text("This piece of the recording is not here.", "这一段录像还没有收到。")
    remedy = Text("Wait for the upload, or look at another stream.", "请等待上传，或先查看其他画面。")
