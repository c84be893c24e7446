"""Refusals of programs that call the API: service tokens, scopes and idempotency keys."""

from __future__ import annotations

from oneseat.portal.errors import PortalError
from signing.errors import ExitStatus
from signing.text import Text


class RetryDiffers(PortalError):
    """An idempotency key came again with another request."""

    number = 219
    http_status = 422
    cause = Text("The Idempotency-Key was used for another request.", "该 Idempotency-Key 已用于另一个请求。")
    remedy = Text(
        "Make a new key for each request, and use it again only to send that request again.",
        "请为每个请求生成新的键，仅在重发同一请求时使用原键。",
    )


class ServiceTokenRefused(PortalError):
    """There is no service token, or it is not a good one: unknown, expired or revoked."""

    number = 220
    http_status = 401
    cause = Text("The request brings no valid service token.", "请求未携带有效的服务令牌。")
    remedy = Text(
        "Send `Authorization: Bearer` with a token that `service-token make` has made for this exam.",
        "请在 `Authorization: Bearer` 中携带由 `service-token make` 为本场考试生成的令牌。",
    )


class ScopeMissing(PortalError):
    """The service token is good, and not for this."""

    number = 221
    http_status = 403
    cause = Text("The service token does not have the scope {scope}.", "该服务令牌没有 {scope} 权限。")
    remedy = Text(
        "Make a token that has it: `service-token make`.", "请用 `service-token make` 生成具有该权限的令牌。"
    )


class IdentityCheckThrottled(PortalError):
    """Too many identities that a program asked about did not agree with a seat's."""

    number = 970
    exit_status = ExitStatus.UNREACHABLE
    http_status = 429
    cause = Text(
        "Too many identities did not agree with this seat's; the next is compared in {wait_s} seconds.",
        "该考生的身份信息多次核对不符，{wait_s} 秒后可再次核对。",
    )
    remedy = Text(
        "Wait, then compare again. Until then, go on without an answer.",
        "请稍后再核对；在此之前按未核对处理。",
    )
