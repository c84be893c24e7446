"""Refusals of HTTP requests by their form: address, method, media type, size and time."""

from __future__ import annotations

from oneseat.portal.errors import PortalError
from signing.errors import ExitStatus
from signing.text import Text

MEND_REQUEST = Text(
    "Correct the request as /api/v1 documents it.",
    "请按 /api/v1 接口文档修改请求。",
)


class RequestInvalid(PortalError):
    """The request does not have the documented shape."""

    number = 184
    http_status = 400
    cause = Text("The request is not well formed: {where}.", "请求格式不正确：{where}。")
    remedy = MEND_REQUEST


class FormExpired(PortalError):
    """A form came back without its token (CSRF), or too late."""

    number = 185
    http_status = 403
    cause = Text(
        "The form was open for too long, or was not sent from this site.", "表单已过期，或不是从本站提交的。"
    )
    remedy = Text(
        "Open the page again, fill in the form and send it; cookies must be allowed.",
        "请重新打开页面填写并提交；请确认浏览器允许使用 Cookie。",
    )


class PageUnknown(PortalError):
    """There is nothing at this address."""

    number = 186
    http_status = 404
    cause = Text("There is no such page.", "页面不存在。")
    remedy = Text("Go back to the start page.", "请返回首页。")


class MethodRefused(PortalError):
    """The address exists and does not take this method."""

    number = 187
    http_status = 405
    cause = Text("This address does not take {method}.", "该地址不支持 {method} 请求。")
    remedy = MEND_REQUEST


class RequestTooLarge(PortalError):
    """The body is longer than any genuine request."""

    number = 188
    http_status = 413
    cause = Text("The request is larger than {limit_bytes} bytes.", "请求超过 {limit_bytes} 字节。")
    remedy = MEND_REQUEST


class RequestTooSlow(PortalError):
    """The request's body did not arrive in the time that any genuine one takes."""

    number = 223
    http_status = 408
    cause = Text("The request did not arrive within {seconds} s.", "请求未在 {seconds} 秒内发送完成。")
    remedy = Text("Check the network connection and try again.", "请检查网络连接后重试。")


class MeasuringBusy(PortalError):
    """Enough candidates measure their line at this moment."""

    number = 229
    http_status = 503
    cause = Text(
        "Many candidates are measuring their line; the next is possible in {wait_s} seconds.",
        "同时测速的考生较多，请在 {wait_s} 秒后重试。",
    )
    remedy = Text("Wait a moment, then check again.", "请稍候重新检测。")


class MediaTypeRefused(PortalError):
    """The body is of another media type than the address takes."""

    number = 193
    http_status = 415
    cause = Text("The request body must be {wanted}.", "请求内容类型必须为 {wanted}。")
    remedy = MEND_REQUEST


class HeadTooLarge(PortalError):
    """Request line and headers are longer than any genuine request's."""

    number = 920
    exit_status = ExitStatus.INPUT
    http_status = 431
    cause = Text(
        "The request's headers are larger than {limit_bytes} bytes.", "请求头超过 {limit_bytes} 字节。"
    )
    remedy = Text(
        "Delete this site's cookies in the browser, then open the page again.",
        "请在浏览器中清除本站的 Cookie，再重新打开页面。",
    )


class HostInvalid(PortalError):
    """The request names no host, several hosts, or something that is no host (RFC 9112, section 3.2)."""

    number = 921
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The request does not name exactly one host.", "请求没有写明唯一的主机名。")
    remedy = MEND_REQUEST


class RequestUnreadable(PortalError):
    """What was received is no HTTP/1.1 request (RFC 9112)."""

    number = 922
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("This is no HTTP request that can be read.", "收到的内容不是可识别的 HTTP 请求。")
    remedy = MEND_REQUEST


class StreamsBusy(PortalError):
    """As many pages follow live news as one process sends them to."""

    number = 982
    exit_status = ExitStatus.UNREACHABLE
    http_status = 503
    retry_after_s = 60
    cause = Text("Too many pages receive live news.", "同时接收实时消息的页面过多。")
    remedy = Text("Reload the page to see what is new.", "请刷新页面查看最新情况。")
