"""What the guard sees now, as findings with words for the candidate."""

from __future__ import annotations

from typing import Iterable, Tuple

from oneseat.client.guard.watching import REMOTE, SCREENS, SOFTWARE, WINDOWS, Present
from oneseat.client.health.check import BLOCK, WARN, Finding
from signing.text import Text, verbatim

_WORDS = {
    SCREENS: (
        Text("Screens", "显示器"),
        Text("more than one screen is on", "正在使用多个显示器"),
        Text("Unplug or switch off all screens but one.", "请拔掉或关闭其余显示器。"),
    ),
    REMOTE: (
        Text("Remote session", "远程会话"),
        Text("this computer is used remotely", "本机正被远程登录使用"),
        Text("End the remote session.", "请断开远程登录。"),
    ),
    WINDOWS: (
        Text("Browser", "浏览器"),
        Text("a second window of the exam room's browser", "考场浏览器打开了其他窗口"),
        Text("Close it and go on in the exam room's window.", "请关闭其他窗口，回到考场窗口继续。"),
    ),
}


def findings(present: Iterable[Present]) -> Tuple[Finding, ...]:
    """One finding for each thing that is there now."""
    return tuple(_finding(each) for each in present)


def _finding(present: Present) -> Finding:
    if present.code == SOFTWARE:
        return Finding(SOFTWARE, Text("Programs", "软件"), WARN, verbatim(present.name))
    name, evidence, remedy = _WORDS[present.code]
    return Finding(present.code, name, BLOCK, evidence, remedy)
