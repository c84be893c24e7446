"""Checks of Windows settings: automatic updates, power supply, sleep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Callable, Optional

from oneseat.client.health import settings_paths
from oneseat.client.health.check import Check, Finding, listed
from oneseat.client.health.probes import DisplayProbe, SystemProbe
from signing.text import Text

_DISABLED = 4
"""A service's start type (Microsoft, ``SERVICE_DISABLED``)."""
_ASKING_OPTIONS = frozenset((1, 2))
"""``AUOptions``: 1 never, 2 ask before downloading (Microsoft, "Configure Automatic Updates")."""
_LOW_BATTERY_PERCENT = 50
"""Half a charge of a two-hour battery is enough for waiting and interview."""


@dataclass(frozen=True)
class UpdatesCheck(Check):
    """Automatic updates are off, or paused until ``needed_until``, the end of the last interview.

    Off is possible by policy, by the service, or by the setting of Windows 7.
    """

    key = "updates"
    name = Text("Automatic updates", "系统自动更新")

    system: SystemProbe
    needed_until: Optional[datetime]

    def run(self) -> Finding:
        """Look for one setting that turns automatic updates off."""
        updates = self.system.updates()
        reasons = (
            (
                updates.service_start == _DISABLED,
                Text("The update service is disabled.", "Windows Update 服务已禁用。"),
            ),
            (
                updates.no_auto_update == 1,
                Text("Switched off by policy.", "已由组策略关闭。"),
            ),
            (
                updates.policy_option in _ASKING_OPTIONS or updates.option in _ASKING_OPTIONS,
                Text("Windows asks before it downloads.", "已设为下载前询问或从不检查。"),
            ),
        )
        for holds, evidence in reasons:
            if holds:
                return self.passed(evidence)
        paused, needed = updates.paused_until, self.needed_until
        if paused is not None and needed is not None and paused >= needed:
            day = f"{paused:%Y-%m-%d}"
            return self.passed(Text(f"Paused until {day}.", f"已暂停至 {day}。"))
        where = settings_paths.updates(self.system)
        evidence = Text("Windows updates itself.", "系统会自动更新。")
        if paused is not None:
            day = f"{paused:%Y-%m-%d}"
            evidence = Text(
                f"Paused until {day} only, which is before the last interview.",
                f"仅暂停至 {day}，早于面试结束时间。",
            )
        return self.warned(
            evidence,
            Text(
                f"{where.en}; or disable the service Windows Update (services.msc).",
                f"{where.zh}；或运行 services.msc，将 Windows Update 服务设为“禁用”。",
            ),
        )


@dataclass(frozen=True)
class RestartCheck(Check):
    """No restart is pending, which Windows may start by itself.

    ``is_near`` says whether an interview starts within twenty minutes, or runs: then it is too late to
    restart.
    """

    key = "restart"
    name = Text("Pending restart", "待重启")

    system: SystemProbe
    is_near: Callable[[], bool] = lambda: False

    def run(self) -> Finding:
        """Query whether something is unfinished until Windows restarts."""
        if not self.system.awaits_restart():
            return self.passed(Text("None.", "没有等待完成的重启。"))
        evidence = Text("Updates or installations wait for a restart.", "有更新或安装须重启电脑后才能完成。")
        if self.is_near():
            return self.warned(
                evidence,
                Text(
                    "Do not restart now: the interview is near. If Windows asks, choose a later time.",
                    "面试时间已近，请不要重启电脑；如系统提示重启，请选择稍后。",
                ),
            )
        return self.warned(
            evidence,
            Text(
                "Restart the computer now, not shortly before the interview.",
                "请现在重启电脑，不要等到临近面试时再重启。",
            ),
        )


@dataclass(frozen=True)
class PowerCheck(Check):
    """On the mains, with a charged battery."""

    key = "power"
    name = Text("Power supply", "电源")

    displays: DisplayProbe

    def run(self) -> Finding:
        """Query the power supply and the battery's charge."""
        power = self.displays.power()
        percent = power.battery_percent
        battery = Text("no battery", "没有电池")
        if power.has_battery:
            battery = (
                Text("battery", "有电池")
                if percent is None
                else Text(f"battery {percent} %", f"电池 {percent} %")
            )
        if power.on_mains is None:
            return self.unknown(
                Text(
                    f"Windows does not say whether the mains is plugged in; {battery.en}.",
                    f"系统未报告是否接通电源；{battery.zh}。",
                ),
                Text("Make sure that the power cord is plugged in.", "请确认已接通电源。"),
            )
        if not power.on_mains:
            return self.warned(
                Text(f"Running on battery; {battery.en}.", f"正在使用电池；{battery.zh}。"),
                Text(
                    "Plug the power cord in, keep it in until the end, and leave the lid open.",
                    "请接通电源，并保持到面试结束；面试期间请勿合上电脑。",
                ),
            )
        if not power.has_battery:
            return self.warned(
                Text("On the mains, no battery.", "已接通电源，没有电池。"),
                Text(
                    "The notice advises a notebook: a power cut would interrupt, and no time is added.",
                    "通知建议使用笔记本电脑：断电会中断面试，且不延长时间。",
                ),
            )
        if percent is not None and percent < _LOW_BATTERY_PERCENT:
            return self.warned(
                Text(f"On the mains; {battery.en}.", f"已接通电源；{battery.zh}。"),
                Text("Let the battery charge before the interview.", "请在面试前将电池充足。"),
            )
        return self.passed(Text(f"On the mains; {battery.en}.", f"已接通电源；{battery.zh}。"))


@dataclass(frozen=True)
class SleepCheck(Check):
    """Neither the screen turns off nor the computer sleeps when idle."""

    key = "sleep"
    name = Text("Sleep and screen", "休眠与熄屏")

    displays: DisplayProbe

    def run(self) -> Finding:
        """List every timeout that is not "never"."""
        sleep = self.displays.sleep()
        settings = (
            (sleep.screen_mains_s, Text("screen off, plugged in: {after}", "接通电源时熄屏：{after}")),
            (sleep.screen_battery_s, Text("screen off, on battery: {after}", "使用电池时熄屏：{after}")),
            (sleep.sleep_mains_s, Text("sleep, plugged in: {after}", "接通电源时睡眠：{after}")),
            (sleep.sleep_battery_s, Text("sleep, on battery: {after}", "使用电池时睡眠：{after}")),
        )
        seen = [
            Text(text.en.format(after=_after(seconds).en), text.zh.format(after=_after(seconds).zh))
            for seconds, text in settings
            if seconds > 0
        ]
        if not seen:
            return self.passed(Text("Both are set to never.", "均已设为“从不”。"))
        return self.warned(
            listed(seen),
            Text(
                "Control Panel, Power Options, change when the computer sleeps: set all to Never.",
                "请在“控制面板 → 电源选项 → 更改计算机睡眠时间”中全部设为“从不”。",
            ),
        )


def _after(seconds: int) -> Text:
    if seconds < 60:
        return Text(f"{seconds} s", f"{seconds} 秒")
    return Text(f"{seconds // 60} min", f"{seconds // 60} 分钟")
