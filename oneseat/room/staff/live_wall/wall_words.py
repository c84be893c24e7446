"""The words of a wall's tiles. A tile is small, so it has Chinese words alone; the page explains the rest."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from oneseat.room.rules.identity import Identity
from oneseat.room.rules.phones import PhoneFault
from oneseat.room.rules.steps import Step
from oneseat.room.rules.wall import Alarm, WallFilter
from oneseat.room.staff import words
from oneseat.state.room.wall import LivePhone, OpenPermission
from signing.session_times import END, EXTEND, PAUSE, POSTPONE, REPEAT, RESUME, Order
from signing.text import Text

STEPS: dict[Step, str] = {step: text.zh for step, text in words.STEPS.items()}
STREAMS: dict[str, str] = {stream: text.zh for stream, text in words.STREAMS.items()}
IDENTITIES: dict[Identity | None, str] = {
    None: "核验未提交",
    Identity.UNDECIDED: "待核验",
    Identity.PASSED: "核验通过",
    Identity.DOUBTFUL: "",
    Identity.REJECTED: "",
}
"""Doubt and rejection are alarms of their own."""
PAUSED = words.PAUSED.zh
ALARMS = {
    Alarm.PAGE_SILENT: "页面无响应",
    Alarm.REJECTED: "核验不通过",
    Alarm.REQUEST: "求助",
    Alarm.PHONE_AWAY: "手机失联",
    Alarm.PHONE_FAULT: "手机异常",
    Alarm.PICTURE_OLD: "画面未更新",
    Alarm.GUARD_SILENT: "监测中断",
    Alarm.DOUBTFUL: "核验存疑",
    Alarm.BACKLOG: "录像积压",
}
FILTERS = {
    WallFilter.ALL: Text("all", "全部"),
    WallFilter.ALARMS: Text("alarms", "异常"),
    WallFilter.UNDECIDED: Text("identity undecided", "待核验"),
    WallFilter.REQUESTS: Text("requests", "求助"),
    WallFilter.PERMISSIONS: Text("permissions", "许可中"),
    WallFilter.PREPARING: Text("preparing", "准备中"),
    WallFilter.ANSWERING: Text("answering", "作答中"),
}
_FAULTS = {
    PhoneFault.SILENT: "手机无响应",
    PhoneFault.NOT_RECORDING: "手机未录制",
    PhoneFault.NOT_RESUMED: "手机未恢复录制",
    PhoneFault.LOW_BATTERY: "手机电量低",
    PhoneFault.LOW_STORAGE: "手机空间不足",
}
_PERMISSIONS = {"call": "接听来电", "leave": "暂离", "phone": "处理手机"}
_MINUTE_S = 60
_SHOWN_END = 4


def masked_number(number: str) -> str:
    """An admission number of which the last figures are legible."""
    return f"••••{number[-_SHOWN_END:]}"


def phone(found: LivePhone | None, attempt: str, *, present: bool) -> str:
    """What a tile says of the phone."""
    if found is None:
        return "手机未登录"
    if found.fault is not None and found.filmed == attempt:
        return _FAULTS[PhoneFault(found.fault)]
    if not present:
        return "手机未连接"
    return "手机已放好" if found.filmed == attempt and found.placed_at is not None else "手机准备中"


def permission(held: OpenPermission, zone: ZoneInfo) -> str:
    """What a tile says of an open permission."""
    return f"许可：{_PERMISSIONS.get(held.reason, held.reason)}，到 {held.ends_at.astimezone(zone):%H:%M}"


def extra_time(extra_s: int) -> str:
    """What a tile says of extra time; empty without."""
    return f"延长 {extra_s // _MINUTE_S} 分钟" if extra_s else ""


def pause(until: datetime, zone: ZoneInfo) -> str:
    """What a tile says while the answer time stands still."""
    return f"最晚 {until.astimezone(zone):%H:%M:%S} 恢复"


def backlog(segments: int) -> str:
    """What a tile says of segments that are not stored."""
    return f"待传 {segments} 段"


def span(seconds: int) -> str:
    """A span to the second, as ``12 分 5 秒``."""
    minutes, rest = divmod(seconds, _MINUTE_S)
    return " ".join([f"{minutes} 分"] * bool(minutes) + [f"{rest} 秒"] * bool(rest or not minutes))


def order(given: Order) -> str:
    """What an order in force does to a session."""
    minutes = given.seconds // _MINUTE_S
    return {
        POSTPONE: f"推迟开考 {minutes} 分钟",
        EXTEND: f"顺延 {minutes} 分钟",
        END: f"提前终止，开考 {minutes} 分钟后结束",
        PAUSE: f"暂停，最长 {minutes} 分钟",
        RESUME: f"恢复作答，暂停 {span(given.seconds)}后",
        REPEAT: f"{len(given.seats)} 名考生另场重考",
    }[given.act]
