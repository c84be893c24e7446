"""Classifies the device behind a request by its user agent and client hints, for hints on pages.

The class chooses words and never a right: a wrong guess shows a hint that the visitor can dismiss, and
every page stays complete. Widths of windows are no evidence, since a narrow window is also a computer's.

Sources: the user-agent strings of WeChat (``MicroMessenger``), mobile QQ (``QQ/``) and HarmonyOS NEXT
(``OpenHarmony``, https://developer.huawei.com/consumer/en/doc/harmonyos-guides/web-default-useragent);
Windows versions by https://learn.microsoft.com/en-us/microsoft-edge/web-platform/how-to-detect-win11.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class DeviceClass(StrEnum):
    """What a page's hints distinguish."""

    WECHAT = "wechat"
    QQ = "qq"
    PHONE = "phone"
    HARMONY_NEXT = "harmony-next"
    IPHONE = "iphone"
    IPAD = "ipad"
    TABLET = "tablet"
    MAC = "mac"
    WINDOWS_32 = "windows-32"
    WINDOWS_OLD = "windows-old"
    WINDOWS = "windows"
    OTHER = "other"


PLATFORM, PLATFORM_VERSION, BITNESS, MOBILE = (
    "sec-ch-ua-platform",
    "sec-ch-ua-platform-version",
    "sec-ch-ua-bitness",
    "sec-ch-ua-mobile",
)
HINTS = (PLATFORM, PLATFORM_VERSION, BITNESS, MOBILE)
"""Client hints that are read: https://wicg.github.io/ua-client-hints/."""

_HAND_HELD = frozenset(
    {
        DeviceClass.PHONE,
        DeviceClass.HARMONY_NEXT,
        DeviceClass.IPHONE,
        DeviceClass.IPAD,
        DeviceClass.TABLET,
    }
)
_WINDOWS_NT = re.compile(r"Windows NT (\d+\.\d+)")
_WINDOWS_64 = re.compile(r"Win64|WOW64|x64|amd64", re.IGNORECASE)
_WINDOWS_NAMES = {"5.1": "XP", "5.2": "XP", "6.0": "Vista", "6.1": "7", "6.2": "8", "6.3": "8.1"}
_OLDEST = 6.1
_FIRST_WINDOWS_11 = 13
_HINTED_NAMES = {"0.1": "7", "0.2": "8", "0.3": "8.1"}


@dataclass(frozen=True)
class Device:
    """A device as far as a page can tell. ``windows`` is the version's name, empty where it is unknown.

    ``hand_held`` is true for phones and tablets, also within WeChat and QQ. ``beneath`` is the class of the
    device that such an app runs on.
    """

    kind: DeviceClass
    windows: str = ""
    hand_held: bool = False
    beneath: DeviceClass | None = None

    @property
    def in_app(self) -> bool:
        """Whether the page is shown within a messenger that blocks downloads."""
        return self.kind in (DeviceClass.WECHAT, DeviceClass.QQ)

    @property
    def needs_computer(self) -> bool:
        """Whether the client has to be installed on another device than this one."""
        return self.hand_held or self.kind is DeviceClass.MAC

    def among(self, accepted: Collection[str]) -> Device:
        """The same device; a known version of Windows that the exam does not accept counts as an old one."""
        if self.kind is DeviceClass.WINDOWS and self.windows and self.windows not in accepted:
            return replace(self, kind=DeviceClass.WINDOWS_OLD)
        return self


def device_of(user_agent: str, hints: Mapping[str, str] | None = None) -> Device:
    """The device behind a user agent. ``hints`` has client hints by lower-case header name, if sent."""
    hints = hints or {}
    device = _without_app(user_agent, hints)
    kind = _app(user_agent)
    return replace(device, kind=kind, beneath=device.kind) if kind else device


def chosen_device(name: str) -> Device | None:
    """The device that a visitor chose by the name of its class, or None for another name."""
    try:
        kind = DeviceClass(name)
    except ValueError:
        return None
    return Device(kind, hand_held=kind in _HAND_HELD)


def _app(user_agent: str) -> DeviceClass | None:
    if "MicroMessenger" in user_agent:
        return DeviceClass.WECHAT
    # Mobile QQ and TIM; QQBrowser is a browser that downloads.
    return DeviceClass.QQ if re.search(r"(?<![A-Za-z])QQ/\d", user_agent) else None


def _without_app(user_agent: str, hints: Mapping[str, str]) -> Device:
    kind = _portable(user_agent) or _hinted(hints)
    if kind is not None:
        return Device(kind, hand_held=kind in _HAND_HELD)
    if "Windows" in user_agent and "Windows Phone" not in user_agent:
        return _windows(user_agent, hints)
    if "Macintosh" in user_agent:
        return Device(DeviceClass.MAC)
    return Device(DeviceClass.OTHER)


def _portable(user_agent: str) -> DeviceClass | None:
    if "OpenHarmony" in user_agent:
        return None if "(PC;" in user_agent else DeviceClass.HARMONY_NEXT
    if "iPad" in user_agent:
        return DeviceClass.IPAD
    if "iPhone" in user_agent or "iPod" in user_agent:
        return DeviceClass.IPHONE
    if "Android" in user_agent:
        return DeviceClass.PHONE if "Mobile" in user_agent else DeviceClass.TABLET
    return None


def _hinted(hints: Mapping[str, str]) -> DeviceClass | None:
    """A hand-held device that asks for the pages of computers in its user agent."""
    if hints.get(PLATFORM, "").strip('"') != "Android":
        return None
    return DeviceClass.PHONE if hints.get(MOBILE) == "?1" else DeviceClass.TABLET


def _windows(user_agent: str, hints: Mapping[str, str]) -> Device:
    match = _WINDOWS_NT.search(user_agent)
    version = match[1] if match else ""
    name = _hinted_windows(hints) or _WINDOWS_NAMES.get(version, "")
    if not version or float(version) < _OLDEST:
        return Device(DeviceClass.WINDOWS_OLD, name)
    if hints.get(BITNESS, "").strip('"') == "32" or not _WINDOWS_64.search(user_agent):
        return Device(DeviceClass.WINDOWS_32, name)
    return Device(DeviceClass.WINDOWS, name)


def _hinted_windows(hints: Mapping[str, str]) -> str:
    """The version's name by its client hint: user agents call Windows 10 and 11, and in Chrome 7 too, 10."""
    version = hints.get(PLATFORM_VERSION, "").strip('"')
    major, _, rest = version.partition(".")
    if not major.isdigit():
        return ""
    if major == "0":
        return _HINTED_NAMES.get(f"0.{rest.partition('.')[0]}", "")
    return "11" if int(major) >= _FIRST_WINDOWS_11 else "10"
