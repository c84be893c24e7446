"""Check of the browser in which the exam room opens, and the choice among those that are installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Optional

from oneseat.client.health.check import Check, Finding
from oneseat.client.health.probes import Browser, BrowserProbe
from signing.text import Text

OLDEST = 94
"""The oldest version of Chromium that the room's page supports."""

_NAMES = {
    "VideoCaptureAllowed": Text("the camera", "使用摄像头"),
    "AudioCaptureAllowed": Text("the microphone", "使用麦克风"),
    "ScreenCaptureAllowed": Text("sharing the screen", "共享屏幕"),
    "ForceEphemeralProfiles": Text("keeping data", "保存数据"),
    "ClearBrowsingDataOnExit": Text("keeping data after closing", "关闭后保留数据"),
    "UserDataDir": Text("a data folder of the exam's own", "使用考试专用的数据文件夹"),
    "BrowserSignin": Text("use without signing in", "不登录账号使用"),
}
_CAPTURE = frozenset(("VideoCaptureAllowed", "AudioCaptureAllowed", "ScreenCaptureAllowed"))
_INSTALL = Text(
    "Install Microsoft Edge from Microsoft's site (Windows 7: version 109), then check again.",
    "请从微软官方网站安装 Microsoft Edge 浏览器（Windows 7 请安装 109 版），再重新检测。",
)
_UPDATE = Text(
    "Open the browser, choose “About” in its menu, let it update, and check again.",
    "请打开浏览器，在右上角菜单的“关于”页面中更新，完成后重新检测。",
)
_MANAGED = Text(
    "This computer is managed by an organisation. Use a computer of your own, or ask its administrator.",
    "本机的浏览器由单位统一管理。请换用个人电脑，或请单位的电脑管理员解除限制。",
)


def choose(browsers: Iterable[Browser]) -> Optional[Browser]:
    """Choose the browser for the exam room: new enough, and with the fewest policies in its way."""
    usable = [browser for browser in browsers if browser.major >= OLDEST]
    return min(usable, key=_hindrance, default=None)


def _hindrance(browser: Browser) -> int:
    return 10 * len(_CAPTURE.intersection(browser.policies)) + len(browser.policies)


@dataclass(frozen=True)
class BrowserCheck(Check):
    """Edge or Chrome is there and new enough, and no enterprise policy forbids what the room needs."""

    key = "browser"
    name = Text("Browser", "浏览器")

    probe: BrowserProbe

    def run(self) -> Finding:
        """Choose the browser as the session will."""
        browsers = self.probe.browsers()
        browser = choose(browsers)
        if browser is not None:
            return self._judge(browser)
        if browsers:
            seen = ", ".join(map(_shown, browsers))
            evidence = Text(
                f"{seen} is too old: version {OLDEST} or later is needed",
                f"{seen.replace(', ', '、')} 版本过旧，须为 {OLDEST} 或更高版本",
            )
            return self.blocked(evidence, _UPDATE)
        return self.blocked(Text("neither Edge nor Chrome is installed", "未安装 Edge 或 Chrome"), _INSTALL)

    def _judge(self, browser: Browser) -> Finding:
        shown, policies = _shown(browser), browser.policies
        if not policies:
            return self.passed(Text(shown, shown))
        names = [_NAMES[policy] for policy in policies if policy in _NAMES]
        evidence = Text(
            f"{shown}: a policy ({', '.join(policies)}) forbids {', '.join(name.en for name in names)}",
            f"{shown}：管理策略（{'、'.join(policies)}）不允许{'、'.join(name.zh for name in names)}",
        )
        if _CAPTURE.intersection(policies):
            return self.blocked(evidence, _MANAGED)
        return self.warned(evidence, _MANAGED)


def _shown(browser: Browser) -> str:
    return f"{browser.name} {'.'.join(map(str, browser.version))}".strip()
