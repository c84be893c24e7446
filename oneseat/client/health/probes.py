"""Probe protocols for Windows and the network, and the values that they return.

:mod:`oneseat.client.platform.windows` and :mod:`oneseat.client.health.portal_probe` have the only
implementations that ship. Tests implement them with recorded values. Every method may raise
:class:`oneseat.client.health.check.Unanswered`. Sizes are in bytes, times in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Mapping, Optional, Protocol, Sequence, Tuple


@dataclass(frozen=True)
class WindowsVersion:
    """Version from RtlGetVersion, which neither manifest nor compatibility modes change."""

    major: int
    minor: int
    build: int
    service_pack: int
    is_64bit: bool
    is_server: bool


@dataclass(frozen=True)
class Memory:
    """``installed_bytes`` includes what firmware reserves; None if firmware does not report it."""

    installed_bytes: Optional[int]
    usable_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Boot:
    """Signs of a second system. ``systems`` are names in the boot menu; None if it cannot be read.

    ``partitions`` are kinds of partitions of other systems; ``other_windows`` are drives with another
    Windows.
    """

    systems: Optional[Tuple[str, ...]]
    partitions: Tuple[str, ...]
    other_windows: Tuple[str, ...]
    maker: str


@dataclass(frozen=True)
class Screens:
    """Active screens. ``sees_clones`` is false if duplicated screens are not counted."""

    count: int
    names: Tuple[str, ...]
    sees_clones: bool


@dataclass(frozen=True)
class RemoteSession:
    """``metric`` is SM_REMOTESESSION; ``protocol`` is WTSClientProtocolType: 0 console, 1 ICA, 2 RDP.

    It is None if the terminal services do not answer.
    """

    metric: bool
    protocol: Optional[int]


@dataclass(frozen=True)
class Hardware:
    """Firmware texts by name, the hypervisor's signature, running drivers and services."""

    firmware: Mapping[str, str]
    hypervisor: Optional[str]
    running: Tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """A running program: file name, name in the version resource (or ""), session."""

    file_name: str
    original_name: str
    session: int


@dataclass(frozen=True)
class Service:
    """A service, and whether it is running."""

    name: str
    running: bool


@dataclass(frozen=True)
class Installed:
    """An entry of Programs and Features: key and displayed name.

    ``removable`` is whether Windows lists it for all accounts and its uninstaller or folder is on the disk.
    Another entry is a remnant, which its owner cannot remove in the Control Panel.
    """

    key: str
    name: str
    removable: bool = False


@dataclass(frozen=True)
class SoftwareInventory:
    """Running and installed software, and the virus scanners registered with Windows.

    ``scanners`` are names, without Windows Defender.
    """

    own_session: int
    programs: Tuple[Program, ...]
    services: Tuple[Service, ...]
    installed: Tuple[Installed, ...]
    scanners: Tuple[str, ...]


@dataclass(frozen=True)
class Updates:
    """Settings of Windows Update; None if a value is not set.

    ``no_auto_update`` and ``policy_option`` are policies, ``option`` is the setting of Windows 7,
    ``service_start`` the start type of wuauserv (4: disabled), ``paused_until`` Windows 10's pause.
    """

    no_auto_update: Optional[int]
    policy_option: Optional[int]
    option: Optional[int]
    service_start: Optional[int]
    paused_until: Optional[datetime]


@dataclass(frozen=True)
class Power:
    """``on_mains`` and ``battery_percent`` are None if Windows does not report them."""

    on_mains: Optional[bool]
    has_battery: bool
    battery_percent: Optional[int]


@dataclass(frozen=True)
class Sleep:
    """Idle time until the screen turns off and the computer sleeps, on mains and on battery; 0: never."""

    screen_mains_s: int
    screen_battery_s: int
    sleep_mains_s: int
    sleep_battery_s: int


@dataclass(frozen=True)
class Frame:
    """Size of a camera picture, and its mean and greatest brightness (0 to 255)."""

    width: int
    height: int
    mean: float
    brightest: int


@dataclass(frozen=True)
class Level:
    """Level of a recording: peak and root mean square amplitude (0 to 1)."""

    peak: float
    rms: float


@dataclass(frozen=True)
class ClockReading:
    """Offset of this clock from the portal's (positive: ahead), and its uncertainty."""

    ahead_s: float
    within_s: float


@dataclass(frozen=True)
class Speeds:
    """Measured speeds in Mbit/s."""

    download_mbps: float
    upload_mbps: float


@dataclass(frozen=True)
class Browser:
    """An installed browser: ``name`` for people, path of the program, its version's numbers.

    ``policies`` are the enterprise policies in force that stand in the way of an exam room.
    """

    name: str
    path: str
    version: Tuple[int, ...]
    policies: Tuple[str, ...] = ()

    @property
    def major(self) -> int:
        """The first number of the version; 0 if the file has none."""
        return self.version[0] if self.version else 0


@dataclass(frozen=True)
class Trial:
    """What a browser reported from a page of this program, in the profile that the exam room uses.

    ``formats`` are the names of those that it records. ``camera`` and ``microphone`` are the states of its
    permissions; ``denied`` is a policy's doing. ``keeps`` is whether the mark of an earlier trial is there;
    None where there was none.
    """

    formats: Tuple[str, ...]
    shares_screen: bool
    writes: bool
    quota_bytes: int
    camera: str
    microphone: str
    keeps: Optional[bool]


class BrowserTrial(Protocol):
    """Tries the room's browser."""

    def run(self, browser: Browser) -> Optional[Trial]:
        """Open the browser on a page that reports what it can; None while its profile is in use."""
        ...


class SystemProbe(Protocol):
    """Windows and its hardware."""

    def version(self) -> WindowsVersion:
        """Version of Windows."""
        ...

    def memory(self) -> Memory:
        """Main memory."""
        ...

    def free_on_c(self) -> int:
        """Free bytes on C: for this account."""
        ...

    def boot(self) -> Boot:
        """Signs of a second system."""
        ...

    def hardware(self) -> Hardware:
        """Values by which a virtual machine is recognised."""
        ...

    def updates(self) -> Updates:
        """Settings of Windows Update."""
        ...

    def awaits_restart(self) -> bool:
        """Whether updates or installations are unfinished until Windows restarts."""
        ...


class DisplayProbe(Protocol):
    """Screens, the session, and power."""

    def screens(self) -> Screens:
        """Active screens."""
        ...

    def remote_session(self) -> RemoteSession:
        """Whether the session is remote."""
        ...

    def power(self) -> Power:
        """State of mains and battery."""
        ...

    def sleep(self) -> Sleep:
        """Timeouts of screen and sleep."""
        ...


class SoftwareProbe(Protocol):
    """Running and installed software."""

    def inventory(self) -> SoftwareInventory:
        """List all of it."""
        ...

    def running(self) -> SoftwareInventory:
        """List programs and services only: quick enough for every few seconds."""
        ...

    def service_file_exists(self, name: str) -> bool:
        """Whether the program of a service is on the disk; false if its path is not known."""
        ...


class DeviceProbe(Protocol):
    """Camera and microphone."""

    def cameras(self) -> Sequence[str]:
        """Names of the cameras."""
        ...

    def frame(self) -> Frame:
        """Take a picture with the first camera that works."""
        ...

    def microphones(self) -> Sequence[str]:
        """Names of the microphones."""
        ...

    def level(self) -> Level:
        """Record a second with the default microphone, and return its level."""
        ...

    def denied(self, capability: str) -> Optional[str]:
        """Scope that denies ``webcam`` or ``microphone``: machine, account, desktop apps; None: allowed."""
        ...


class BrowserProbe(Protocol):
    """Browsers that can show the exam room."""

    def browsers(self) -> Sequence[Browser]:
        """List Edge and Chrome, where they are installed."""
        ...


class NetworkProbe(Protocol):
    """Measurements against the portal."""

    def clock(self) -> ClockReading:
        """Compare the computer's clock with the portal's signed time."""
        ...

    def speeds(self) -> Speeds:
        """Measure download and upload speed."""
        ...


@dataclass(frozen=True)
class Probes:
    """All probes that checks use."""

    system: SystemProbe
    displays: DisplayProbe
    software: SoftwareProbe
    devices: DeviceProbe
    network: NetworkProbe
    browsers: BrowserProbe
