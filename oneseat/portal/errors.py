"""The base class of the portal's refusals, with an HTTP status, and refusals of several parts."""

from __future__ import annotations

from typing import Any

from oneseat.portal.questions import Challenge
from oneseat.web.errors import WebError
from signing.text import Text

CALL_HOTLINE = Text(
    "Call the hotline shown on this page; have your admission number at hand.",
    "请拨打页面上的技术服务热线，并准备好准考证号。",
)
CALL_OPERATOR = Text(
    "Try again in a minute; if it stays so, tell the portal's operator the code.",
    "请一分钟后重试；如仍然如此，请将错误代码告知平台管理人员。",
)


class PortalError(WebError):
    """A refusal that the portal answers with.

    ``challenge`` is a question whose answer lets the next attempt through without the delay.
    """

    challenge: Challenge | None = None

    def more_members(self) -> dict[str, Any]:
        """The member ``challenge``: its token (as ``stamp``) and its question."""
        if self.challenge is None:
            return {}
        return {"challenge": {"stamp": self.challenge.token, "question": self.challenge.question._asdict()}}


class SeatNotFound(PortalError):
    """No seat of this exam is meant."""

    number = 210
    http_status = 404
    cause = Text("There is no such candidate in this exam.", "没有找到这名考生。")
    remedy = Text(
        "Check the admission number; who is missing from the roster is added by `issue`.",
        "请核对准考证号（至少输入末四位）；名单中遗漏的考生，由签发人员补充签发。",
    )


class NotReady(PortalError):
    """The portal runs, and cannot serve candidates: the state or the keys are out of reach."""

    number = 194
    http_status = 503
    cause = Text("The portal is not ready: {what.en}.", "平台尚未就绪（{what.zh}）。")
    remedy = CALL_OPERATOR


class PortalFault(PortalError):
    """A fault of the portal's own; the log has the details under the reference."""

    number = 189
    http_status = 500
    cause = Text("The portal has a fault (reference {reference}).", "平台发生故障（编号 {reference}）。")
    remedy = CALL_OPERATOR
