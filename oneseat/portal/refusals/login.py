"""Refusals of candidates' logins, of rate limits and of the download window."""

from __future__ import annotations

from collections.abc import Sequence

from oneseat.portal.errors import CALL_HOTLINE, PortalError
from oneseat.portal.field_faults import FieldFault
from signing.errors import ExitStatus
from signing.text import Text

_LOG_IN_AGAIN = Text(
    "Log in again with your name, ID number and admission number.",
    "请用本人姓名、证件号码和准考证号重新登录。",
)


class LoginRefused(PortalError):
    """Name, ID number and admission number are not those of one seat. Never says which."""

    number = 170
    http_status = 401
    cause = Text(
        "The details do not match a candidate of this exam.",
        "填写的信息与本场考试的考生信息不符。",
    )
    remedy = Text(
        "Check name, ID number and admission number against your ID document and admission ticket.",
        "请对照本人证件和准考证，核对姓名、证件号码和准考证号后重新填写。",
    )


class SeatThrottled(PortalError):
    """Too many failed checks of one seat's identity; the next is made after a delay."""

    number = 171
    http_status = 429
    cause = Text(
        "There were too many failed attempts for this admission number; try again in {wait_s} seconds.",
        "该准考证号验证失败次数过多，请在 {wait_s} 秒后重试。",
    )
    remedy = Text(
        "Wait, check your details, then try again. If this was not you, call the hotline.",
        "请稍候，核对信息后再试。如非本人操作，请拨打技术服务热线。",
    )


class AddressBusy(PortalError):
    """Too many requests from one network address."""

    number = 172
    http_status = 429
    cause = Text(
        "Too many attempts came from your network; the next is possible in {wait_s} seconds.",
        "您所在网络的请求过于频繁，请在 {wait_s} 秒后重试。",
    )
    remedy = Text(
        "Wait, or use another network such as your home line.",
        "请稍候重试，或换用其他网络（如家庭宽带）。",
    )


class WindowNotOpen(PortalError):
    """The download window is still to open."""

    number = 173
    http_status = 403
    cause = Text("The download opens on {opens.en}.", "下载通道将于 {opens.zh} 开放。")
    remedy = Text(
        "Come back then; meanwhile prepare computer and phone by the checklist.",
        "请届时再来；在此之前，请按清单准备好电脑和手机。",
    )


class WindowClosed(PortalError):
    """The download window has closed, and this seat was granted no download in time."""

    number = 174
    http_status = 403
    cause = Text("The download closed on {closed.en}.", "下载通道已于 {closed.zh} 关闭。")
    remedy = CALL_HOTLINE


class SessionMissing(PortalError):
    """There is no login session, or it has ended."""

    number = 175
    http_status = 401
    cause = Text("You are not logged in, or your login has ended.", "您尚未登录，或登录已失效。")
    remedy = _LOG_IN_AGAIN


class SeatRevoked(PortalError):
    """The seat was withdrawn."""

    number = 179
    http_status = 403
    cause = Text(
        "This admission number has been withdrawn from the exam.", "该准考证号已被取消本场考试资格。"
    )
    remedy = CALL_HOTLINE


class LimitOutOfReach(PortalError):
    """Failed attempts cannot be counted, so no identity is looked at."""

    number = 218
    http_status = 503
    retry_after_s = 30
    cause = Text(
        "The portal cannot check identities at the moment, to protect them.",
        "平台暂时无法核验身份信息，为保护考生信息已暂停登录。",
    )
    remedy = Text(
        "Try again in a minute. Operators: see that the Redis of `limits_url` answers.",
        "请一分钟后重试。管理人员请检查 `limits_url` 所指的 Redis 服务。",
    )


class IdentityMalformed(PortalError):
    """The typed details cannot be those of any candidate; no seat was looked at, and nothing was counted.

    ``faults`` names the fields, with a sentence for each.
    """

    number = 955
    exit_status = ExitStatus.INPUT
    http_status = 401
    faults: tuple[FieldFault, ...] = ()
    cause = Text("{reason.en}", "{reason.zh}")
    remedy = Text(
        "Correct it and log in again. This attempt does not count as a failed one.",
        "请改正后重新登录。本次不计入验证失败次数。",
    )

    @classmethod
    def of(cls, faults: Sequence[FieldFault]) -> IdentityMalformed:
        """The refusal for at least one fault."""
        reasons = [fault.reason for fault in faults]
        joined = Text(" ".join(reason.en for reason in reasons), "".join(reason.zh for reason in reasons))
        refusal = cls(reason=joined)
        refusal.faults = tuple(faults)
        return refusal
