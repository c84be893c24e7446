"""Refusals of downloads: addresses, signed links, ranges, conditions, and too many speed tests at once."""

from __future__ import annotations

from oneseat.portal.errors import CALL_OPERATOR, PortalError
from signing.errors import ExitStatus
from signing.text import Text


class InstallerUnknown(PortalError):
    """The installer asked for is not the one of the seat that is logged in."""

    number = 177
    http_status = 404
    cause = Text(
        "This download address is not yours, or is no longer valid.", "该下载地址不属于您，或已失效。"
    )
    remedy = Text(
        "Log in again and use the address on the download page.",
        "请重新登录，使用下载页面上的地址。",
    )


class PhoneAppUnknown(PortalError):
    """The exam has no phone app of its own, or the seat's was not published."""

    number = 990
    http_status = 404
    exit_status = ExitStatus.INPUT
    cause = Text("There is no phone app to download for you.", "目前没有可供您下载的手机端。")
    remedy = Text(
        "Look at the download page: it says how the phone is used in this exam.",
        "请查看下载页面，按页面说明使用手机。",
    )


class LinkInvalid(PortalError):
    """A download link was changed, is another seat's, or has run out."""

    number = 224
    http_status = 403
    cause = Text("This download link is no longer valid.", "此下载链接已失效。")
    remedy = Text(
        "Go back to the page that gave it, and download again from there.", "请返回原页面重新下载。"
    )


class InstallerUnavailable(PortalError):
    """The published base cannot be read from the store, or is not the one published."""

    number = 190
    http_status = 503
    cause = Text("The installer cannot be read at the moment.", "安装包暂时无法读取。")
    remedy = CALL_OPERATOR


class RangeRefused(PortalError):
    """No byte of the requested range is in the file."""

    number = 191
    http_status = 416
    cause = Text(
        "The range asked for lies outside the file of {size_bytes} bytes.",
        "请求的范围超出文件大小（{size_bytes} 字节）。",
    )
    remedy = Text("Delete the partial file and download it again.", "请删除未完成的文件后重新下载。")


class PreconditionRefused(PortalError):
    """The file is no longer the one that the request makes its condition."""

    number = 192
    http_status = 412
    cause = Text("The file has changed since the download began.", "下载开始后文件已更新。")
    remedy = Text("Delete the partial file and download it again.", "请删除未完成的文件后重新下载。")


class MeasuringBusy(PortalError):
    """Enough candidates measure their line at this moment."""

    number = 229
    http_status = 503
    cause = Text(
        "Many candidates are measuring their line; the next is possible in {wait_s} seconds.",
        "同时测速的考生较多，请在 {wait_s} 秒后重试。",
    )
    remedy = Text("Wait a moment, then check again.", "请稍候重新检测。")
