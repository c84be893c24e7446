"""Compares a new charter with the one in force, so that what it changes is seen before it is published."""

from __future__ import annotations

from dataclasses import dataclass

from oneseat.portal.exam import schedule
from signing import service_hours
from signing.charter import Charter
from signing.text import Text

_SCHEDULED = frozenset({"download", "mocks", "formals", "device_change_until", "keep_until"})
_OF_EACH_VERSION = frozenset({"version", "issued_at", "iat", "v", "exam"})
_HOURS = Text("Support answers", "客服服务时间")
_NONE = Text("none", "无")

_MEMBERS = {
    "title": Text("title", "考试名称"),
    "product": Text("product", "考生端名称"),
    "companion": Text("phone app", "手机端名称"),
    "publisher": Text("publisher", "发布单位"),
    "portal_url": Text("portal's address", "平台地址"),
    "timezone": Text("time zone", "时区"),
    "ends": Text("end of the exam", "考试截止时间"),
    "document_kinds": Text("kinds of documents", "证件类型"),
    "download_grace_s": Text("grace for running downloads", "下载宽限时间"),
    "mock_required": Text("what a missed mock means", "未参加模拟的处理"),
    "support": Text("hotline and help", "热线与帮助"),
    "manuals": Text("manuals", "操作手册"),
    "requirements": Text("requirements", "设备要求"),
    "catalogue": Text("catalogue of software", "软件目录"),
    "keys": Text("keys", "密钥"),
    "builds": Text("accepted clients", "可用的考生端版本"),
    "companion_app": Text("phone app's download", "手机端下载地址"),
    "batch_keys": Text("batch keys", "批次密钥"),
    "exam_room": Text("exam room", "考场地址"),
    "room": Text("terms of the exam room", "考场设置"),
    "organiser": Text("organiser and record numbers", "主办单位与备案号"),
    "phone": Text("phone in the exam room", "考场中的手机端"),
    "measures": Text("bounds of orders on the day", "当日考务措施的范围"),
    "privacy": Text("privacy notice", "个人信息处理告知"),
}


@dataclass(frozen=True)
class Change:
    """A line of the preview: a date before and after."""

    title: Text
    before: Text
    after: Text

    @property
    def changed(self) -> bool:
        """Whether the two differ."""
        return self.before != self.after


@dataclass(frozen=True)
class CharterPreview:
    """What a charter changes. ``token`` is the charter itself, to be sent back with the confirmation."""

    version: int
    dates: tuple[Change, ...]
    members: tuple[Text, ...]
    token: str
    warning: Text | None = None
    """What has to be known before it is put in force."""

    @property
    def changes_nothing(self) -> bool:
        """Whether only the version differs."""
        return not self.members and not any(change.changed for change in self.dates)


def preview(before: Charter | None, after: Charter, token: str) -> CharterPreview:
    """What changes between the charter in force, if any, and another."""
    members = () if before is None else tuple(_changed_members(before, after))
    return CharterPreview(
        after.version, tuple(_dates(before, after)), members, token, _moved_room(before, after)
    )


def _moved_room(before: Charter | None, after: Charter) -> Text | None:
    """A warning where this project's room moves: a browser keeps recordings for one address alone."""
    old, new = None if before is None else before.exam_room, after.exam_room
    if old is None or not old.is_own or (new is not None and new.api == old.api):
        return None
    return Text(
        f"The exam room moves away from {old.api}. Recordings that candidates have not uploaded yet can be "
        "uploaded there only: keep it running until they are.",
        f"考场地址不再是 {old.api}。考生尚未上传的录像只能上传到原地址，请保持原地址可用，直至全部上传完成。",
    )


def _dates(before: Charter | None, after: Charter) -> list[Change]:
    old = {} if before is None else _by_title(before)
    new = _by_title(after)
    return [Change(title, old.get(title, _NONE), new.get(title, _NONE)) for title in {**old, **new}]


def _by_title(charter: Charter) -> dict[Text, Text]:
    """The schedule's dates by their names; several under one name are joined."""
    found: dict[Text, Text] = {}
    for entry in schedule.in_words(charter):
        earlier = found.get(entry.title)
        found[entry.title] = (
            entry.when
            if earlier is None
            else Text(f"{earlier.en}; {entry.when.en}", f"{earlier.zh}；{entry.when.zh}")
        )
    hours = service_hours.all_hours(charter.support.hours)
    if hours:
        found[_HOURS] = Text("; ".join(line.en for line in hours), "；".join(line.zh for line in hours))
    return found


def _changed_members(before: Charter, after: Charter) -> list[Text]:
    names = [
        name
        for name in vars(after)
        if name not in _SCHEDULED | _OF_EACH_VERSION and getattr(before, name) != getattr(after, name)
    ]
    return [_MEMBERS.get(name, Text(name, name)) for name in names]
