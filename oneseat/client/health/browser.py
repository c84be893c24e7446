"""Check of the browser in which the exam room opens, and the choice among those that are installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Optional, Tuple

from oneseat.client.health.check import Check, Finding
from oneseat.client.health.probes import Browser, BrowserProbe, BrowserTrial, Trial
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
LEAST_QUOTA_BYTES = 2 * 1024**3
"""Below it the page warns too: an hour takes 262 MB, and the quota is the browser's guess."""
_DENIED = "denied"
_FORMAT_NAMES = {"h264": "H.264", "vp8": "VP8", "mp4": "H.264"}
_CAPTURE = frozenset(("VideoCaptureAllowed", "AudioCaptureAllowed", "ScreenCaptureAllowed"))
_INSTALL = Text(
    "Install Microsoft Edge from Microsoft's site (Windows 7: version 109), then check again.",
    "请从微软官方网站安装 Microsoft Edge 浏览器（Windows 7 请安装 109 版），再重新检测。",
)
_UPDATE = Text(
    "Open the browser, choose “About” in its menu, let it update, and check again.",
    "请打开浏览器，在右上角菜单的“关于”页面中更新，完成后重新检测。",
)
_SPACE = Text("Free space on drive C:, then check again.", "请清理 C 盘空间后重新检测。")
_MANAGED = Text(
    "This computer is managed by an organisation. Use a computer of your own, or ask its administrator.",
    "本机的浏览器由单位统一管理。请换用个人电脑，或请单位的电脑管理员解除限制。",
)
_NO_SHARING = Text("it cannot share the screen", "浏览器不支持共享屏幕")
_NO_FORMAT = Text("it cannot record video", "浏览器不支持录像")
_NO_WRITING = Text("it cannot store recordings", "浏览器无法保存录像")
_NOT_KEPT = Text("it does not keep data after closing", "浏览器关闭后不保留数据")
_WRITE = Text(
    "Check again. If it stays like this, free space on drive C: and update the browser, or ask the hotline.",
    "请重新检测；如仍不行，请清理 C 盘空间并更新浏览器，或咨询技术服务热线。",
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

    limit_s = 20.0

    probe: BrowserProbe
    trial: Optional[BrowserTrial] = None

    def run(self) -> Finding:
        """Choose the browser as the session will."""
        browsers = self.probe.browsers()
        browser = choose(browsers)
        if browser is not None:
            return self._judge(browser, self._tried(browser))
        if browsers:
            seen = ", ".join(map(_shown, browsers))
            evidence = Text(
                f"{seen} is too old: version {OLDEST} or later is needed",
                f"{seen.replace(', ', '、')} 版本过旧，须为 {OLDEST} 或更高版本",
            )
            return self.blocked(evidence, _UPDATE)
        return self.blocked(Text("neither Edge nor Chrome is installed", "未安装 Edge 或 Chrome"), _INSTALL)

    def _tried(self, browser: Browser) -> Optional[Trial]:
        """What a trial reports; none where a policy forbids the room anyway."""
        if self.trial is None or _CAPTURE.intersection(browser.policies):
            return None
        return self.trial.run(browser)

    def _judge(self, browser: Browser, trial: Optional[Trial]) -> Finding:
        shown, policies = _shown(browser), browser.policies
        fault = _fault(trial) if trial is not None else None
        if fault is not None:
            evidence, remedy, blocks = fault
            judge = self.blocked if blocks else self.warned
            return judge(Text(f"{shown}: {evidence.en}", f"{shown}：{evidence.zh}"), remedy)
        if not policies:
            formats = _formats(trial) if trial is not None else ""
            return self.passed(Text(f"{shown} {formats}".strip(), f"{shown} {formats}".strip()))
        names = [_NAMES[policy] for policy in policies if policy in _NAMES]
        evidence = Text(
            f"{shown}: a policy ({', '.join(policies)}) forbids {', '.join(name.en for name in names)}",
            f"{shown}：管理策略（{'、'.join(policies)}）不允许{'、'.join(name.zh for name in names)}",
        )
        if _CAPTURE.intersection(policies):
            return self.blocked(evidence, _MANAGED)
        return self.warned(evidence, _MANAGED)


def _formats(trial: Trial) -> str:
    """The formats of recording that people know, each once."""
    return ", ".join(dict.fromkeys(_FORMAT_NAMES[name] for name in trial.formats if name in _FORMAT_NAMES))


_Fault = Tuple[Text, Text, bool]
"""Evidence, remedy, and whether no interview is possible with it."""


def _fault(trial: Trial) -> Optional[_Fault]:
    """The gravest fault that a trial shows."""
    mb = trial.quota_bytes // 1024**2
    little = Text(f"it may store {mb} MB only", f"浏览器只能保存 {mb} MB 数据")
    faults = (
        (not trial.shares_screen, (_NO_SHARING, _UPDATE, True)),
        (not trial.formats, (_NO_FORMAT, _UPDATE, True)),
        (not trial.writes, (_NO_WRITING, _WRITE, True)),
        (trial.keeps is False, (_NOT_KEPT, _MANAGED, False)),
        (trial.quota_bytes < LEAST_QUOTA_BYTES, (little, _SPACE, False)),
    )
    return _denied(trial) or next((fault for is_there, fault in faults if is_there), None)


def _denied(trial: Trial) -> Optional[_Fault]:
    """Camera or microphone are denied, which in a profile of ours only a policy does."""
    states = (("VideoCaptureAllowed", trial.camera), ("AudioCaptureAllowed", trial.microphone))
    names = [_NAMES[policy] for policy, state in states if state == _DENIED]
    if not names:
        return None
    english, chinese = ", ".join(name.en for name in names), "、".join(name.zh for name in names)
    return Text(f"it forbids {english}", f"浏览器不允许{chinese}"), _MANAGED, True


def _shown(browser: Browser) -> str:
    return f"{browser.name} {'.'.join(map(str, browser.version))}".strip()
