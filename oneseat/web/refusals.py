"""Refusals of HTTP requests by their form, and of an address that cannot be listened on."""

from __future__ import annotations

from oneseat.web.errors import WebError
from signing.errors import ExitStatus
from signing.text import Text

MEND_REQUEST = Text("Correct the request as the interface's reference says.", "请按接口文档修改请求。")


class RequestInvalid(WebError):
    """The request does not have the documented shape."""

    number = 184
    http_status = 400
    cause = Text("The request is not well formed: {where}.", "请求格式不正确：{where}。")
    remedy = MEND_REQUEST


class FormExpired(WebError):
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


class PageUnknown(WebError):
    """There is nothing at this address."""

    number = 186
    http_status = 404
    cause = Text("There is no such page.", "页面不存在。")
    remedy = Text("Go back to the start page.", "请返回首页。")


class MethodRefused(WebError):
    """The address exists and does not take this method."""

    number = 187
    http_status = 405
    cause = Text("This address does not take {method}.", "该地址不支持 {method} 请求。")
    remedy = MEND_REQUEST


class RequestTooLarge(WebError):
    """The body is longer than any genuine request."""

    number = 188
    http_status = 413
    cause = Text("The request is larger than {limit_bytes} bytes.", "请求超过 {limit_bytes} 字节。")
    remedy = MEND_REQUEST


class RequestTooSlow(WebError):
    """The request's body did not arrive in the time that any genuine one takes."""

    number = 223
    http_status = 408
    cause = Text("The request did not arrive within {seconds} s.", "请求未在 {seconds} 秒内发送完成。")
    remedy = Text("Check the network connection and try again.", "请检查网络连接后重试。")


class MediaTypeRefused(WebError):
    """The body is of another media type than the address takes."""

    number = 193
    http_status = 415
    cause = Text("The request body must be {wanted}.", "请求内容类型必须为 {wanted}。")
    remedy = MEND_REQUEST


class HeadTooLarge(WebError):
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


class HostInvalid(WebError):
    """The request names no host, several hosts, or something that is no host (RFC 9112, section 3.2)."""

    number = 921
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("The request does not name exactly one host.", "请求没有写明唯一的主机名。")
    remedy = MEND_REQUEST


class RequestUnreadable(WebError):
    """What was received is no HTTP/1.1 request (RFC 9112)."""

    number = 922
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("This is no HTTP request that can be read.", "收到的内容不是可识别的 HTTP 请求。")
    remedy = MEND_REQUEST


class StreamsBusy(WebError):
    """As many pages follow live news as one process sends them to."""

    number = 982
    exit_status = ExitStatus.UNREACHABLE
    http_status = 503
    retry_after_s = 60
    cause = Text("Too many pages receive live news.", "同时接收实时消息的页面过多。")
    remedy = Text("Reload the page to see what is new.", "请刷新页面查看最新情况。")


class AddressInUse(WebError):
    """The server cannot listen on its address."""

    number = 197
    http_status = 500
    cause = Text(
        "The server cannot listen on {address}: {reason.en}.", "服务无法监听 {address}（{reason.zh}）。"
    )
    remedy = Text(
        "Stop the program that listens there, or choose another port.",
        "请停止占用该端口的程序，或改用其他端口。",
    )
