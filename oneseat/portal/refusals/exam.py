"""Refusals of an exam as it is served: unknown, not published, withdrawn or under maintenance."""

from __future__ import annotations

from oneseat.portal.errors import CALL_HOTLINE, CALL_OPERATOR, PortalError
from signing.errors import ExitStatus
from signing.text import Text


class InstallersWithdrawn(PortalError):
    """The exam's installers were taken away when their time was over."""

    number = 247
    http_status = 410
    cause = Text(
        "The installers of this exam have been withdrawn; nothing can be downloaded any more.",
        "本场考试的安装包已下架，不能再下载。",
    )
    remedy = CALL_HOTLINE


class ExamUnknown(PortalError):
    """No exam of this name is served here."""

    number = 176
    http_status = 404
    cause = Text("There is no such exam on this portal.", "本平台没有这场考试。")
    remedy = Text("Use the address in your exam notice.", "请使用考试通知中的网址。")


class ShortCodeUnknown(PortalError):
    """No exam has this short code now."""

    number = 956
    exit_status = ExitStatus.INPUT
    http_status = 404
    cause = Text("The short code is mistyped or has expired.", "短码输错了，或已过期。")
    remedy = Text(
        "Reload the page on the phone, and type the code that it shows now.",
        "请在手机上刷新页面，输入新显示的短码。",
    )


class NothingPublished(PortalError):
    """The exam has no release yet."""

    number = 178
    http_status = 503
    cause = Text("The installers of this exam are not published yet.", "本场考试的安装包尚未发布。")
    remedy = CALL_OPERATOR


class UnderMaintenance(PortalError):
    """The operators let the exam's pages and API rest."""

    number = 216
    http_status = 503
    retry_after_s = 60
    cause = Text("The portal is under maintenance; {back.en}.", "平台正在维护，{back.zh}。")
    remedy = Text(
        "Nothing is lost: downloads begun in time and activations stay as they are. Come back then.",
        "已开始的下载和已完成的激活不受影响，请届时再访问本页面。",
    )
