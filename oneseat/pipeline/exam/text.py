"""Formats an exam's schedule and rules for people, in Chinese and English.

Times are shown on the exam's own wall clock, in the notation of :mod:`signing.dates`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from oneseat.pipeline.exam.model import Exam
from signing import dates
from signing.documents import kind_name
from signing.text import Text


@dataclass(frozen=True)
class ScheduleLine:
    """One line of a schedule: a label and its value."""

    what: Text
    value: Text


def schedule(exam: Exam) -> list[ScheduleLine]:
    """List the exam's times, in the order in which candidates meet them."""
    return [
        ScheduleLine(Text("Download", "下载安装"), _span(exam, exam.download.opens, exam.download.closes)),
        ScheduleLine(
            Text("  unfinished downloads", "　未下载完的可续传"), _grace(exam.download.grace_minutes)
        ),
        *_mocks(exam),
        ScheduleLine(
            Text("Change of computer until", "更换电脑截止"), _moment(exam, exam.device_change_until)
        ),
        *_formals(exam),
        ScheduleLine(Text("Keep installed until", "请勿卸载，直至"), _keep(exam)),
        ScheduleLine(Text("Licences end", "许可有效期至"), _moment(exam, exam.ends)),
    ]


def rules(exam: Exam) -> list[ScheduleLine]:
    """List what candidates need and whom they ask for help."""
    kinds = [kind_name(kind) for kind in exam.document_kinds]
    needs, phone = exam.computer, exam.phone
    return [
        ScheduleLine(Text("Portal", "下载平台"), _same(exam.portal_url)),
        ScheduleLine(
            Text("Documents", "证件"), Text("; ".join(k.en for k in kinds), "、".join(k.zh for k in kinds))
        ),
        ScheduleLine(
            Text("Computer", "电脑"),
            Text(
                f"Windows {'/'.join(needs.windows)}, 64-bit; {needs.memory_gib:g} GiB memory, "
                f"{needs.disk_free_gib:g} GiB free on C:, {needs.bandwidth_mbps:g} Mbit/s, "
                f"camera, microphone",
                f"Windows {'/'.join(needs.windows)}（64 位）；内存 {needs.memory_gib:g} GB 以上，"
                f"C 盘可用 {needs.disk_free_gib:g} GB 以上，带宽 {needs.bandwidth_mbps:g} Mbit/s 以上，"
                f"摄像头、麦克风",
            ),
        ),
        ScheduleLine(
            Text("Phone", "手机"),
            Text(
                f"Android {phone.android_min} or later, or HarmonyOS; {phone.free_gib:g} GiB free; "
                f"{phone.battery_hours:g} hours of battery",
                f"Android {phone.android_min} 及以上或鸿蒙系统；可用存储 {phone.free_gib:g} GB 以上；"
                f"电量可连续录像 {phone.battery_hours:g} 小时",
            ),
        ),
        *_companion_app(exam),
        *_software(exam),
        ScheduleLine(Text("Hotline", "技术服务热线"), _same(exam.support.hotline)),
        *_support_hours(exam),
        ScheduleLine(
            Text("Calls come only from", "只接听以下号码来电（请勿回拨）"),
            Text(", ".join(exam.support.calls_from), "、".join(exam.support.calls_from)),
        ),
    ]


def show(exam: Exam) -> Text:
    """Format the whole exam as two texts of aligned lines."""
    lines = schedule(exam) + rules(exam)
    width = max(len(line.what.en) for line in lines)
    zone = exam.timezone
    english = [f"{exam.title.en} ({exam.id})", f"All times are {zone}."]
    english += [f"{line.what.en:<{width}}  {line.value.en}" for line in lines]
    chinese = [f"{exam.title.zh}（{exam.id}）", f"以下均为 {zone} 时间。"]
    chinese += [f"{line.what.zh}：{line.value.zh}" for line in lines]
    return Text("\n".join(english), "\n".join(chinese))


def _mocks(exam: Exam) -> Iterator[ScheduleLine]:
    for number, session in enumerate(exam.mock.sessions, start=1):
        yield ScheduleLine(
            Text(f"Mock interview {number}", f"模拟面试第 {number} 场"),
            _span(exam, session.opens, session.closes),
        )
    must = {
        "gate": Text(
            "one per session; without one, no formal interview", "每场限参加一次；未参加者不能参加正式面试"
        ),
        "warn": Text(
            "one per session; without one, failing equipment on the day bars from the formal interview",
            "每场限参加一次；未参加者如正式面试当天设备异常，将无法参加正式面试",
        ),
    }
    yield ScheduleLine(Text("  taking part", "　参加要求"), must[exam.mock.required])


def _formals(exam: Exam) -> Iterator[ScheduleLine]:
    several = len(exam.formal.sessions) > 1
    for number, session in enumerate(exam.formal.sessions, start=1):
        what = Text("Formal interview", "正式面试")
        if several:
            what = Text(f"Formal interview {number}", f"正式面试第 {number} 场")
        yield ScheduleLine(what, _span(exam, session.starts, session.ends))
        opens = dates.clock(exam.local(session.login_opens))
        closes = dates.closing_clock(exam.local(session.login_closes))
        yield ScheduleLine(Text("  log in", "　登录"), Text(f"{opens} to {closes}", f"{opens} 至 {closes}"))


def _support_hours(exam: Exam) -> Iterator[ScheduleLine]:
    what = Text("  answered", "　服务时间")
    for words, _ in dates.daily(
        (exam.local(each.opens), exam.local(each.closes)) for each in exam.support.hours
    ):
        yield ScheduleLine(what, words)
        what = Text("", "")


_PHONE_KINDS = {
    "app": Text("an app for each seat", "每位考生专用的应用"),
    "page": Text("the exam room's page in a browser", "浏览器中的考场网页"),
    "both": Text("an app for each seat, or the exam room's page", "每位考生专用的应用，或浏览器中的考场网页"),
}
_PHONE_ORDERS = {
    "gate": Text("must be there first", "须先登录"),
    "warn": Text("is asked for", "未登录时提醒"),
    "off": Text("is not asked for", "不要求"),
}


def _companion_app(exam: Exam) -> Iterator[ScheduleLine]:
    if exam.companion.kind:
        kind, order = _PHONE_KINDS[exam.companion.kind], _PHONE_ORDERS[exam.companion.order]
        words = Text(f"{kind.en}; {order.en}", f"{kind.zh}；{order.zh}")
        yield ScheduleLine(Text("Phone", "手机端"), words)
    if exam.companion_app is not None:
        yield ScheduleLine(Text("Phone app", "手机端下载"), _same(exam.companion_app.url))
    if exam.phone.sign_out:
        apps = exam.phone.sign_out
        yield ScheduleLine(
            Text("Sign out on the phone", "手机上退出登录"), Text(", ".join(apps), "、".join(apps))
        )


def _software(exam: Exam) -> Iterator[ScheduleLine]:
    whats = {
        "antivirus": Text("Uninstall first", "须先卸载"),
        "chat": Text("Close (chat)", "须关闭的通讯工具"),
        "remote": Text("Close (remote)", "须关闭的远程工具"),
        "camera": Text("Close (virtual camera)", "须关闭的虚拟摄像头软件"),
        "capture": Text("Close (screen capture)", "须关闭的截屏录屏软件"),
    }
    for role, what in whats.items():
        names = [item.name for item in exam.software if (item.role, item.action) == (role, "block")]
        if names:
            yield ScheduleLine(what, Text(", ".join(names), "、".join(names)))


def _same(value: str) -> Text:
    return Text(value, value)


def _grace(minutes: int) -> Text:
    if minutes == 0:
        return Text("not after the window", "窗口关闭后不可续传")
    return Text(f"up to {minutes} minutes after the window", f"窗口关闭后 {minutes} 分钟内")


def _keep(exam: Exam) -> Text:
    if exam.keep_until is None:
        return Text("results are published (no date known)", "成绩公布（日期未定）")
    return _moment(exam, exam.keep_until)


def _moment(exam: Exam, moment: datetime) -> Text:
    return dates.deadline(exam.local(moment))


def _span(exam: Exam, begin: datetime, end: datetime) -> Text:
    return dates.span(exam.local(begin), exam.local(end))
