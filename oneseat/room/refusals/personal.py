"""Refusals of requests about personal data."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text


class PersonalRequestIncomplete(RoomError):
    """A request about personal data, or its answer, lacks its kind or its words."""

    number = 2270
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("Choose what it is about, and write it down.", "请选择类型，并填写内容。")
    remedy = Text("Fill in both, then confirm.", "两项都填好后再提交。")


class PersonalRequestClosed(RoomError):
    """There is no such request about personal data, or it was answered before."""

    number = 2271
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("There is no such request, or it was answered already.", "没有这项请求，或已经答复。")
    remedy = Text("Open the page again: it shows what is open.", "请重新打开页面，查看未答复的请求。")
