"""Refusals of measures: what one person drafts and a second one has signed."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text

_DRAFT_ANEW = Text("Draft it again.", "请重新拟定。")


class MeasureInvalid(RoomError):
    """A draft lacks something."""

    number = 2240
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The measure is not complete: {reason.en}.", "措施填写不完整：{reason.zh}。")
    remedy = Text("Fill it in, then press the button again.", "请补全后再提交。")


class MeasureBeyondBounds(RoomError):
    """A measure goes further than the charter allows, or comes at the wrong time."""

    number = 2241
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("The measure cannot be taken: {reason.en}.", "不能采取该措施：{reason.zh}。")
    remedy = Text(
        "Stay within the bounds that the page shows, or publish another charter.",
        "请在页面列出的范围内调整，或发布新的考试规程。",
    )


class MeasureOfOnePerson(RoomError):
    """One person tried to draft a measure and to have it signed."""

    number = 2242
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("A measure takes two different persons.", "措施须由两名不同的工作人员共同下达。")
    remedy = Text(
        "Another person confirms it, logged in under an account of their own.",
        "请另一位工作人员用自己的账号登录后确认。",
    )


class MeasureSettled(RoomError):
    """A draft was given or withdrawn before, or has waited too long."""

    number = 2243
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("This draft is no longer open.", "该措施已下达、已撤回或已超时。")
    remedy = _DRAFT_ANEW


class MeasureUnknown(RoomError):
    """There is no measure of this address in this exam."""

    number = 2244
    exit_status = ExitStatus.INPUT
    http_status = 404
    cause = Text("There is no such measure in this exam.", "本场考试没有这项措施。")
    remedy = Text("Go back to the list of measures.", "请返回措施列表。")


class MeasureOvertaken(RoomError):
    """Another measure was given after this page was shown."""

    number = 2245
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "Another measure was given meanwhile; the times have changed.",
        "刚刚下达了另一项措施，时间已有变化。",
    )
    remedy = Text("Look at the page again, then confirm.", "请重新查看页面上的时间，再确认。")


class MeasureKeyUnusable(RoomError):
    """The room has no key for orders that the charter in force lists."""

    number = 2246
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "This room cannot sign measures: the charter in force does not list its key for orders.",
        "本考场无法签发措施：现行考试规程没有列入本考场的考务指令密钥。",
    )
    remedy = Text(
        "Make the key with `oneseat keys init`, set `[measures]` in the exam file, publish the charter, "
        "start the room again.",
        "请运行 oneseat keys init 生成密钥，在考试配置中设置 [measures]，发布考试规程后重新启动考场。",
    )


class MeasureSeatsUnknown(RoomError):
    """A list of seats has lines that are no seat's."""

    number = 2247
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text(
        "Lines of the list are no seat of this exam: {rows}.",
        "名单中以下各行不是本场考试的考生：{rows}。",
    )
    remedy = Text("Correct these lines: one admission number each.", "请更正这些行，每行一个准考证号。")


class MeasureGroupChanged(RoomError):
    """The group of a draft has other members now."""

    number = 2295
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "Candidates have come into group {group} since this measure was drafted.",
        "拟定之后，又有考生进入第 {group} 组。",
    )
    remedy = Text("Withdraw it, and draft it again for the group as it is now.", "请撤回后重新拟定。")


class MeasureSeatsUnfit(RoomError):
    """Seats that a measure names may not be given another session."""

    number = 2305
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "The session cannot be repeated for seats: {seats.en}.",
        "名单中有考生不能安排另场重考：{seats.zh}。",
    )
    remedy = Text(
        "Leave them out. For one that was decided against, take the decision back first if it was wrong.",
        "请从名单中去掉这些考生。认定有误的，先更正认定，再安排重考。",
    )


class AnnouncementInvalid(RoomError):
    """An announcement has no words, too many, or nobody whom it is for."""

    number = 2248
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text(
        "The announcement has no Chinese words, more than 200 characters, or nobody to read it.",
        "公告没有填写中文内容、超过 200 字，或没有选择在场的考生。",
    )
    remedy = Text("Correct it, then press the button again.", "请更正后再发布。")
