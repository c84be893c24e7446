"""Names the place of a setting as the running Windows does: Windows 7 has no Settings, 11 has other names."""

from __future__ import annotations

from oneseat.client.health.probes import SystemProbe, WindowsVersion
from signing.text import Text

_FIRST_BUILD_OF_11 = 22000
_UPDATES_7 = Text(
    "Control Panel, Windows Update, Change settings: never check for updates",
    "请在“控制面板 → Windows Update → 更改设置”中选择“从不检查更新”",
)
_UPDATES = Text(
    "Settings, Windows Update: pause updates until after the interview",
    "请在“设置 → 更新和安全 → Windows 更新”中暂停更新至面试结束之后",
)
_UPDATES_11 = Text(
    "Settings, Windows Update: pause updates until after the interview",
    "请在“设置 → Windows 更新”中暂停更新至面试结束之后",
)
_TIME_7 = Text(
    "Control Panel, Date and Time, Internet Time: synchronise, and check the time zone.",
    "请在“控制面板 → 日期和时间 → Internet 时间”中同步时间，并检查时区。",
)
_TIME = Text(
    "Settings, Time and language, Date and time: set the time automatically, and check the time zone.",
    "请在“设置 → 时间和语言 → 日期和时间”中开启自动设置时间，并检查时区。",
)


def updates(system: SystemProbe) -> Text:
    """Where automatic updates are turned off or paused; a clause without a full stop."""
    return _by_version(system, _UPDATES_7, _UPDATES, _UPDATES_11)


def time(system: SystemProbe) -> Text:
    """Where the clock is set."""
    return _by_version(system, _TIME_7, _TIME, _TIME)


def privacy(system: SystemProbe) -> Text:
    """The page of privacy settings, which Windows 7 does not have."""
    ten, eleven = Text("Privacy", "隐私"), Text("Privacy and security", "隐私和安全性")
    return _by_version(system, ten, ten, eleven)


def _by_version(system: SystemProbe, seven: Text, ten: Text, eleven: Text) -> Text:
    try:
        version: WindowsVersion = system.version()
    except Exception:  # noqa: BLE001 -- a remedy must not fail; the version has a check of its own
        return ten
    if version.major < 10:
        return seven
    return eleven if version.build >= _FIRST_BUILD_OF_11 else ten
