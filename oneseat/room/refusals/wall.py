"""Refusals of live pictures, and of the wall that shows them."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text


class LivePictureUnusable(RoomError):
    """What was sent as a live picture is no small JPEG."""

    number = 2210
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text("This is no small JPEG picture.", "不是规定大小的 JPEG 图片。")
    remedy = Text(
        "Nothing needs to be done: the recording goes on, and the page sends another picture.",
        "无需处理：录像照常进行，页面会再次发送。",
    )


class LivePictureUnwanted(RoomError):
    """A live picture was sent before the consent, or of a session that no one watches."""

    number = 2211
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("No live pictures are taken of this attempt now.", "现在不接收本场考试的实时画面。")
    remedy = Text("Nothing needs to be done.", "无需处理。")


class WallLookMissing(RoomError):
    """A live picture was asked for outside a page of the wall, or by one that was opened long ago."""

    number = 2212
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text("Live pictures are shown on the wall alone.", "实时画面只能在监控墙上查看。")
    remedy = Text("Open the wall again.", "请重新打开监控墙。")


class LivePictureAbsent(RoomError):
    """There is no live picture of that stream now."""

    number = 2213
    exit_status = ExitStatus.INPUT
    http_status = 404
    cause = Text("There is no live picture of this stream now.", "现在没有这一路的实时画面。")
    remedy = Text("Wait for the next picture.", "请等待下一张画面。")
