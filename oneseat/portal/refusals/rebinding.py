"""Refusals of computers that lost their device key and are bound to their seat anew."""

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
