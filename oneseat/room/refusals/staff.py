"""Refusals of operators' pages in the room."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text

_FROM_THE_DESK = Text(
    "Open the desk and press 考场 (Exam room) there.", "请登录考务管理台，点上方的“考场”进入。"
)


class StaffSessionMissing(RoomError):
    """A page for operators was asked for without a session, or with one that has ended."""

    number = 2080
    exit_status = ExitStatus.FORBIDDEN
    http_status = 401
    cause = Text("You are not logged in here, or the login has ended.", "您尚未登录，或登录已失效。")
    remedy = _FROM_THE_DESK


class StaffEntrySpent(RoomError):
    """The step from the desk into the room was taken before, or took too long."""

    number = 2081
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This entry was used before, or is too old.", "本次进入已使用过，或已超过时限。")
    remedy = _FROM_THE_DESK


class StaffEntryForeign(RoomError):
    """The step from the desk into the room was not taken on a page of that desk."""

    number = 2175
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text(
        "This entry does not come from the desk's own page, or the browser hides where it comes from.",
        "本次进入不是从考务管理台页面发起的，或浏览器隐藏了来源。",
    )
    remedy = _FROM_THE_DESK


class StaffRoleTooLow(RoomError):
    """The operator's role does not allow the act."""

    number = 2082
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("Your account may not do this.", "您的账号没有这项权限。")
    remedy = Text("Ask an administrator of the desk.", "请联系考务管理台的管理员。")


class StaffGroupForeign(RoomError):
    """The attempt is in a group that is not the operator's."""

    number = 2200
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This candidate is in another group than yours.", "该考生不在您负责的分组。")
    remedy = Text(
        "Go back to the list, or ask the lead to assign the group to you.",
        "请返回名单；需要负责该分组的，请联系监考组长。",
    )


class GroupUnknown(RoomError):
    """The session has no group of that number."""

    number = 2201
    exit_status = ExitStatus.INPUT
    http_status = 404
    cause = Text("There is no such group.", "没有这个分组。")
    remedy = Text("Open the page of groups again.", "请重新打开分组页面。")


class InvigilatorUnfit(RoomError):
    """A group was to be given to a person who cannot watch it."""

    number = 2202
    exit_status = ExitStatus.INPUT
    http_status = 409
    cause = Text("The group was not assigned: {reason.en}.", "分组没有更改：{reason.zh}。")
    remedy = Text("Choose again.", "请重新选择。")


class StaffFormExpired(RoomError):
    """A form comes from another login or another site."""

    number = 2083
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("This form is no longer valid.", "本页面的表单已失效。")
    remedy = Text("Open the page again and repeat.", "请重新打开页面，再操作一次。")


class AttemptUnknown(RoomError):
    """There is no attempt of this address."""

    number = 2084
    exit_status = ExitStatus.INPUT
    http_status = 404
    cause = Text("There is no such attempt.", "没有这条考试记录。")
    remedy = Text("Go back to the list.", "请返回名单。")


class DecisionInvalid(RoomError):
    """A decision has no outcome or reason of the list."""

    number = 2085
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("Choose a decision and a reason that fits it.", "请选择核验结论和相应的理由。")
    remedy = Text("Choose both, then confirm.", "两项都选好后再提交。")


class PassUnconfirmed(RoomError):
    """通过 was chosen, and the portal has not confirmed name and number."""

    number = 2086
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "The portal has not confirmed name and number, so this identity cannot be passed yet.",
        "姓名和证件号码尚未与报名信息核对一致，不能判为“通过”。",
    )
    remedy = Text("Choose 存疑 (doubtful), or wait for the check.", "请先选“存疑”，或等核对结果出来再判断。")


class RetakeRefused(RoomError):
    """New photographs were asked for where none can be taken."""

    number = 2142
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("New photographs cannot be asked for: {reason.en}.", "不能请考生重拍：{reason.zh}。")
    remedy = Text("Decide by what there is.", "请按现有照片判断。")


class SecondPersonNeeded(RoomError):
    """One person tried to reject twice."""

    number = 2087
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "You have rejected already; a rejection takes two persons.",
        "您已判为“不通过”，须由另一位工作人员再判断一次。",
    )
    remedy = Text("Ask another operator to look.", "请另一位工作人员核验。")
