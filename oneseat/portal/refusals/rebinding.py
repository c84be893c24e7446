"""Refusals of binding a seat anew to a computer that lost its key: by the portal, or at the desk."""

from __future__ import annotations

from oneseat.portal.errors import PortalError
from signing.errors import ExitStatus
from signing.text import Text


class SeatSettling(PortalError):
    """The traits match, and the seat was bound to this computer a moment ago."""

    number = 930
    exit_status = ExitStatus.UNREACHABLE
    http_status = 429
    cause = Text(
        "This computer was registered for the seat only a moment ago.",
        "本机刚刚完成过登记，暂时不能再次登记。",
    )
    remedy = Text(
        "Wait {wait_s} seconds and try again. Run the installer in one window only.",
        "请等待 {wait_s} 秒后重试，并且只打开一个安装窗口。",
    )


class RebindsSpent(PortalError):
    """The traits match, and the seat has been bound anew too often today."""

    number = 931
    exit_status = ExitStatus.FORBIDDEN
    http_status = 409
    cause = Text(
        "This computer lost its registration and was registered anew too often within a day.",
        "本机的登记信息多次丢失，今天重新登记的次数已用完。",
    )
    remedy = Text(
        "Stop what removes it (a cleaning program, a restore card), then try again after eight hours, or "
        "call the hotline with ID document and admission ticket in hand.",
        "请先停用会清除登记信息的软件或还原卡，8 小时后再试；"
        "如着急使用，请准备好证件和准考证，拨打技术服务热线。",
    )


class RebindTooLate(PortalError):
    """The last login of the exam's sessions has closed, so nothing is freed any more."""

    number = 932
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("The last login closed at {closed.en}.", "正式面试已于 {closed.zh} 截止登录，不能再办理。")
    remedy = Text(
        "Nobody can enter any more; note the call for the exam's organiser.",
        "考生此时已无法进入考场，请记录来电情况并报考试组织方。",
    )


class RebindAsked(PortalError):
    """A request for the seat waits for its decision already."""

    number = 933
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("A request for this seat is waiting already.", "该考生已有一条申请在等待核准。")
    remedy = Text(
        "Have another operator approve or refuse it; it lapses after half an hour.",
        "请另一位工作人员在本页核准或驳回；半小时内无人处理，申请自动失效。",
    )


class RebindBySameOperator(PortalError):
    """The operator who asked would decide as well."""

    number = 934
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("Who asked cannot approve.", "申请人不能核准自己的申请。")
    remedy = Text("Ask another operator to look at this page.", "请另一位工作人员登录管理台，在本页核准。")


class RebindNotAsked(PortalError):
    """No request for the seat is open: it lapsed, was decided, or was never made."""

    number = 935
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("No request is waiting for this seat.", "该考生没有等待核准的申请，可能已经处理或已失效。")
    remedy = Text(
        "Look at the history; if it is still needed, ask again.", "请查看“操作记录”；如仍需办理，请重新申请。"
    )
