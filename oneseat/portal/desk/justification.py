"""Why an operator acts: a reason out of a list and a note, both kept in the audit entry of the act."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from oneseat.portal.refusals.desk import NoteRefused, OrderInvalid
from oneseat.state.accounts.audit import Fact
from signing.text import Text

MAX_NOTE = 200

_OTHER = Text("other", "其他")
REASONS: dict[str, dict[str, Text]] = {
    "move": {
        "broken": Text("computer broken or lost", "电脑损坏或无法使用"),
        "unfit": Text("computer does not pass the checks", "电脑未通过设备检测"),
        "mistaken": Text("activated on the wrong computer", "在错误的电脑上激活"),
        "other": _OTHER,
    },
    "rebind": {
        "state-lost": Text("cleaned, restored or reset", "清理、还原或重置过系统"),
        "reinstalled": Text("Windows installed anew", "重装过系统"),
        "part-replaced": Text("disk or mainboard replaced", "更换过硬盘或主板"),
        "other": _OTHER,
    },
    "rebind-approve": {},
    "rebind-refuse": {},
    "allow": {
        "missed": Text("missed the download", "错过下载时间"),
        "broken-off": Text("download broken off", "下载中断"),
        "new-computer": Text("needs it for another computer", "更换电脑后需重新下载"),
        "other": _OTHER,
    },
    "reset": {
        "mistyped": Text("mistyped several times", "本人多次填错"),
        "stranger": Text("somebody else tried", "疑似他人尝试"),
        "other": _OTHER,
    },
    "log-out": {
        "shared": Text("shared computer", "公用电脑上未退出"),
        "intruder": Text("somebody else is logged in", "疑似他人登录"),
        "other": _OTHER,
    },
    "reissue": {
        "leaked": Text("installer or code in other hands", "安装包或安装码泄露"),
        "roster": Text("details on the roster corrected", "名单信息更正"),
        "other": _OTHER,
    },
    "revoke": {
        "gave-up": Text("gave up the exam", "放弃考试"),
        "disqualified": Text("disqualified", "取消考试资格"),
        "other": _OTHER,
    },
}
"""The reasons to choose from by act; the first is the usual one."""

WORDS = {code: words for reasons in REASONS.values() for code, words in reasons.items()}

_LONG_NUMBER = re.compile(r"(?:[0-9０-９][ -]?){8,}")


@dataclass(frozen=True)
class Justification:
    """The reason's code and the note; both may be empty."""

    why: str = ""
    note: str = ""

    @classmethod
    def of(cls, act: str, why: str, note: str) -> Self:
        """What was chosen and typed.

        Raises:
            OrderInvalid: the reason is not one of the act's, or the note is too long.
            NoteRefused: the note holds a long number, which may be an ID or a telephone number.
        """
        if why and why not in REASONS[act]:
            raise OrderInvalid(what=Text("the reason is not one that is offered", "原因不在可选范围内"))
        words = " ".join(note.replace("\0", "").split())
        if len(words) > MAX_NOTE:
            raise OrderInvalid(what=Text("the note is too long", "备注过长"))
        if _LONG_NUMBER.search(words):
            raise NoteRefused
        return cls(why, words)

    def facts(self) -> dict[str, Fact]:
        """As facts of an audit entry, without what is empty."""
        return {name: value for name, value in (("why", self.why), ("note", self.note)) if value}


UNEXPLAINED = Justification()
