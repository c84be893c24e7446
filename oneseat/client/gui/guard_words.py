"""Texts about what the guard sees, Chinese and English."""

from __future__ import annotations

from typing import Sequence

from oneseat.client.guard.watching import REMOTE, SCREENS, SOFTWARE, WINDOWS, Present
from signing.text import Text

_SOFTWARE = Text("Found: {names}. Please quit it.", "检测到{names}，请退出。")
_FOUND = {
    SCREENS: Text("More than one screen is on: keep one.", "检测到多个显示器，请只保留一个。"),
    REMOTE: Text("This computer is used remotely: end that.", "检测到远程登录，请断开。"),
    WINDOWS: Text("A second browser window is open: close it.", "检测到考场以外的浏览器窗口，请关闭。"),
}
_RECORDED = Text(
    "It is recorded, and judged by people afterwards; you may go on.",
    "已记录，由考务人员考后认定，您可继续作答。",
)


def strip_text(present: Sequence[Present]) -> Text:
    """One line about everything that is there now."""
    names = [each.name for each in present if each.code == SOFTWARE]
    parts = []
    if names:
        parts.append(
            Text(_SOFTWARE.en.format(names=", ".join(names)), _SOFTWARE.zh.format(names="、".join(names)))
        )
    parts += [_FOUND[each.code] for each in present if each.code in _FOUND]
    return Text(
        " ".join(part.en for part in (*parts, _RECORDED)), "".join(part.zh for part in (*parts, _RECORDED))
    )
