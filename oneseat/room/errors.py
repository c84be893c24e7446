"""The base class of the room's refusals, and refusals of several parts."""

from __future__ import annotations

from oneseat.web.errors import WebError
from signing.errors import ExitStatus
from signing.text import Text

ENTER_AGAIN = Text("Go back to the client and press 重新进入 (Enter again).", "请回到考生端，点“重新进入”。")
CALL_HOTLINE = Text("Call the technical hotline and give the code.", "请拨打技术服务热线，并告知错误代码。")
TRY_LATER = Text(
    "Wait a minute, then go back to the client and press 重新进入 (Enter again).",
    "请稍候一分钟，再回到考生端，点“重新进入”。",
)


class RoomError(WebError):
    """A refusal that the room answers with over HTTP."""


class RoomNotReady(RoomError):
    """The room runs, and cannot serve candidates: its state or its charter is out of reach."""

    number = 2000
    exit_status = ExitStatus.UNREACHABLE
    http_status = 503
    cause = Text("The exam room is not ready: {what.en}.", "考场尚未就绪（{what.zh}）。")
    remedy = TRY_LATER


class RoomFault(RoomError):
    """A fault of the room's own; the log has the details under the reference."""

    number = 2001
    exit_status = ExitStatus.FAULT
    http_status = 500
    cause = Text("The exam room has a fault (reference {reference}).", "考场发生故障（编号 {reference}）。")
    remedy = TRY_LATER
