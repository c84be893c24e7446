"""Refusals of the operators' desk."""

from __future__ import annotations

from oneseat.portal.errors import PortalError
from signing.errors import ExitStatus
from signing.text import Text


class DeskLoginRefused(PortalError):
    """Name, password and code are not those of an operator. Never says which."""

    number = 206
    http_status = 401
    cause = Text(
        "Name, password or code do not match an operator of this exam.",
        "用户名、密码或动态码不正确。",
    )
    remedy = Text(
        "Check what you typed; a code works once and for half a minute. "
        "An administrator can give you a new password.",
        "请核对后重试；动态码约半分钟更新一次，且只能使用一次。忘记密码请联系管理员重置。",
    )


class DeskLoginDelayed(PortalError):
    """Too many failed logins of one operator, or from one address; the next is looked at after a delay."""

    number = 207
    http_status = 429
    cause = Text(
        "There were too many failed logins; the next is looked at in {wait_s} seconds.",
        "登录失败次数过多，请在 {wait_s} 秒后重试。",
    )
    remedy = Text(
        "Wait, or answer the question if there is one. If it was not you who failed, tell an administrator.",
        "请稍候再试；页面上有问题的，答对即可立即登录。如非本人操作，请告知管理员。",
    )


class DeskLoginBusy(PortalError):
    """Too many logins of operators are being checked at once."""

    number = 900
    exit_status = ExitStatus.UNREACHABLE
    http_status = 503
    retry_after_s = 5
    cause = Text(
        "Too many operators are logging in at the same moment.", "同时登录管理台的人数过多，暂时无法登录。"
    )
    remedy = Text(
        "Try again in a few seconds. If it stays so, tell an administrator: passwords may be under attack.",
        "请几秒钟后重试。如一直如此，请告知管理员：可能有人在猜测密码。",
    )


class DeskSessionMissing(PortalError):
    """There is no login at the desk, or it has ended."""

    number = 208
    http_status = 401
    cause = Text(
        "You are not logged in at the desk, or your login has ended.", "您尚未登录管理台，或登录已失效。"
    )
    remedy = Text(
        "Log in again; a login ends after half an hour without use.",
        "请重新登录；超过半小时未操作，登录会自动失效。",
    )


class RoleTooLow(PortalError):
    """The operator's role does not allow this."""

    number = 209
    http_status = 403
    cause = Text("This needs the role {role.en}.", "该操作需要“{role.zh}”权限。")
    remedy = Text("Ask somebody who has it.", "请由具有该权限的人员办理。")


class SeatNotActive(PortalError):
    """No device holds the seat, so there is nothing to be moved."""

    number = 211
    http_status = 409
    cause = Text("No computer is active for this seat.", "该准考证号尚未在任何电脑上激活。")
    remedy = Text(
        "Nothing needs moving: the first computer that activates takes the seat.",
        "无需办理更换：首先激活的电脑即为考试用机。",
    )


class DeviceChangeOver(PortalError):
    """The exam's time for changing computers is over."""

    number = 212
    http_status = 403
    cause = Text("Computers could be changed until {until.en}.", "更换电脑的办理时间已于 {until.zh} 截止。")
    remedy = Text(
        "Only a newer charter, signed with the root key, can allow it for longer.",
        "如确需延长，须由签发方签署新版考试规程后上传。",
    )


class SeatAlreadyRevoked(PortalError):
    """The seat's licence is revoked already."""

    number = 213
    http_status = 409
    cause = Text("This seat's licence is revoked already.", "该考生的许可已被撤销。")
    remedy = Text("To let the candidate back in, queue a re-issue.", "如需恢复该考生的资格，请申请重新签发。")


class ReissueQueued(PortalError):
    """The seat waits for a new licence already."""

    number = 214
    http_status = 409
    cause = Text("This seat is already queued for a new licence.", "该考生已在重新签发队列中。")
    remedy = Text(
        "It is made by the next `issue` and shown by the next `publish`.",
        "将在下一次 `issue` 时签发，并在 `publish` 后生效。",
    )


class CharterRefused(PortalError):
    """The uploaded charter cannot be put in force."""

    number = 215
    http_status = 422
    cause = Text("This charter cannot be put in force: {reason.en}.", "该考试规程不能生效：{reason.zh}。")
    remedy = Text(
        "Upload the file that `charter sign` wrote for this exam, of a version above the one in force.",
        "请上传由 `charter sign` 为本场考试签署、版本号高于现行版本的规程文件。",
    )


class InterviewNear(PortalError):
    """An interview runs or is near, and nobody is named who answers for disturbing it."""

    number = 951
    exit_status = ExitStatus.FORBIDDEN
    http_status = 409
    cause = Text(
        "An interview runs, or is about to: {span.en}. Maintenance or a new charter disturbs candidates.",
        "面试正在进行或即将开始（{span.zh}），维护或更换规程会影响考生。",
    )
    remedy = Text(
        "Wait until it is over. If it cannot wait, name the chief who has ordered it.",
        "请在面试结束后再操作；确需立即操作的，请填写批准人（主考）姓名。",
    )


class OrderInvalid(PortalError):
    """A form of the desk came with something that it cannot have."""

    number = 217
    http_status = 400
    cause = Text("The form cannot be used: {what.en}.", "表单内容有误：{what.zh}。")
    remedy = Text("Correct it and send it again.", "请修改后重新提交。")


class NoteRefused(PortalError):
    """A note at the desk holds a long number, which may be an ID number or a telephone number."""

    number = 980
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The note holds a long number.", "备注中有较长的数字。")
    remedy = Text(
        "Leave out ID numbers, telephone numbers and names: the log is kept for long.",
        "备注会长期保存，请不要填写证件号码、手机号码和姓名。",
    )


class BulkTooLong(PortalError):
    """A pasted list has more lines than are done at once, or none."""

    number = 981
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text(
        "The list has {count} lines; 1 to {most} are done at once.",
        "名单有 {count} 行，每次须为 1 至 {most} 行。",
    )
    remedy = Text("Paste it in parts, one admission number a line.", "请分批粘贴，每行一个准考证号。")
