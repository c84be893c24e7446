"""Refusals of incidents that an exam room opens and closes."""

from __future__ import annotations

from oneseat.portal.errors import PortalError
from signing.errors import ExitStatus
from signing.text import Text


class RoomIncidentDiffers(PortalError):
    """The number of a room's incident was used for another one."""

    number = 977
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text(
        "Incident {incident} is known with other content.", "第 {incident} 项故障通报已存在，内容不同。"
    )
    remedy = Text(
        "What an incident says never changes: close it, and open another one under a number of its own.",
        "通报内容发布后不能更改：请结束该通报，再以新的编号发布。",
    )


class RoomIncidentUntimely(PortalError):
    """An incident's times cannot be."""

    number = 978
    exit_status = ExitStatus.INPUT
    http_status = 409
    cause = Text("The times of the incident cannot be: {reason.en}.", "故障通报的时间不成立：{reason.zh}。")
    remedy = Text(
        "Check the clocks of exam room and portal, then send it again.",
        "请核对考场与门户服务器的时钟后重新发送。",
    )


class RoomIncidentsTooMany(PortalError):
    """So many incidents of the exam room are open that no page would show another one."""

    number = 979
    exit_status = ExitStatus.CONFLICT
    http_status = 409
    cause = Text("{most} incidents of the exam room are open already.", "已有 {most} 项考场故障通报未结束。")
    remedy = Text("Close those that are over, then send it again.", "请先结束已处理完的通报，再重新发送。")
