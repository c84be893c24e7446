"""Refusals of incidents."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text


class IncidentUnknown(RoomError):
    """There is no such incident."""

    number = 2310
    exit_status = ExitStatus.INPUT
    http_status = 404
    cause = Text("There is no such incident.", "没有这个故障通报。")
    remedy = Text("Open the list of incidents again.", "请重新打开故障通报列表。")


class IncidentInvalid(RoomError):
    """An incident's words or reason are missing, too long, or cannot be printed."""

    number = 2311
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text(
        "Chinese words are missing, words are too long or cannot be printed, or no reason was chosen.",
        "没有填写中文内容、内容过长或有无法显示的字符，或没有选择原因。",
    )
    remedy = Text("Correct it, then press the button again.", "请更正后再提交。")


class IncidentSettled(RoomError):
    """Somebody else has opened or closed the incident meanwhile."""

    number = 2312
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("The incident was opened or closed meanwhile.", "该故障通报已由他人发布或结束。")
    remedy = Text("Look at its present state.", "请查看当前状态。")
