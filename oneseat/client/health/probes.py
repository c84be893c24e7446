"""What checks ask of Windows and of the network, as protocols and values.

The ``client.health.windows_*`` modules answer on Windows; nothing that ships has another
answer. Tests pass recorded values through classes of their own. Every question may raise
:class:`oneseat.client.health.check.Unanswered`. Sizes are in bytes, times in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Mapping, Optional, Protocol, Sequence, Tuple


@dataclass(frozen=True)
class WindowsVersion:
    """What RtlGetVersion says: it is not misled by the manifest or by compatibility modes."""

    major: int
    minor: int
    build: int
    service_pack: int
    is_64bit: bool
    is_server: bool


@dataclass(frozen=True)
class Memory:
    """``installed_bytes`` counts what firmware keeps for itself too; None where firmware does not say."""

    installed_bytes: Optional[int]
    usable_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Boot:
    """Signs of a second system. ``entries`` are the boot menu's names; None where only an administrator sees.

    ``partitions`` are kinds of partitions that Windows does not use; ``other_windows`` are drives with
    a Windows that is not the running one.
    """

    entries: Optional[Tuple[str, ...]]
    partitions: Tuple[str, ...]
    other_windows: Tuple[str, ...]
    maker: str


@dataclass(frozen=True)
class Screens:
    """Active screens. ``sees_clones`` is false where a second screen with the same picture would not show."""

    count: int
    names: Tuple[str, ...]
    sees_clones: bool


@dataclass(frozen=True)
class RemoteSession:
    """``metric`` is SM_REMOTESESSION; ``protocol`` is WTSClientProtocolType: 0 console, 1 ICA, 2 RDP.

    It is None where the terminal services do not answer.
    """

    metric: bool
    protocol: Optional[int]


@dataclass(frozen=True)
class Hardware:
    """Firmware's strings by name, the hypervisor's signature, and the drivers and services that run."""

    firmware: Mapping[str, str]
    hypervisor: Optional[str]
    running: Tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """A running program: its file name, the name in its version resource (or ""), and its session."""

    file_name: str
    original_name: str
    session: int


@dataclass(frozen=True)
class Service:
    """A service, by its name; whether it runs now."""

    name: str
    running: bool


@dataclass(frozen=True)
class Installed:
    """An entry of Programs and Features: the key's name, and the name that is shown."""

    key: str
    name: str


@dataclass(frozen=True)
class SoftwareFound:
    """Everything that runs or is installed, and the virus scanners that registered with Windows.

    ``scanners`` are names; Windows' own Defender is not among them.
    """

    own_session: int
    programs: Tuple[Program, ...]
    services: Tuple[Service, ...]
    installed: Tuple[Installed, ...]
    scanners: Tuple[str, ...]


@dataclass(frozen=True)
class Updates:
    """How Windows Update is set; None where a value is not set.

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
    """``on_mains`` and ``battery_percent`` are None where Windows does not know."""

    on_mains: Optional[bool]
    has_battery: bool
    battery_percent: Optional[int]


@dataclass(frozen=True)
class Sleep:
    """After how many seconds of idleness screen and computer go dark, on mains and on battery; 0 is never."""

    screen_mains_s: int
    screen_battery_s: int
    sleep_mains_s: int
    sleep_battery_s: int


@dataclass(frozen=True)
class Frame:
    """One picture of the camera: its size, and the mean and the greatest brightness (0 to 255)."""

    width: int
    height: int
    mean: float
    brightest: int


@dataclass(frozen=True)
class Level:
    """Loudness of a recording: the greatest and the root mean square amplitude (0 to 1)."""

    peak: float
    rms: float


@dataclass(frozen=True)
class ClockReading:
    """How far this clock is ahead of the portal's (negative: behind), and how far that may be off."""

    ahead_s: float
    within_s: float


@dataclass(frozen=True)
class Speeds:
    """Mbit/s as measured."""

    download_mbps: float
    upload_mbps: float


class SystemProbe(Protocol):
    """Windows itself and what it runs on."""

    def version(self) -> WindowsVersion:
        """Which Windows it is."""
        ...

    def memory(self) -> Memory:
        """The main memory."""
        ...

    def free_on_c(self) -> int:
        """Bytes on C: that this account may use."""
        ...

    def boot(self) -> Boot:
        """Signs of a second system."""
        ...

    def hardware(self) -> Hardware:
        """What tells a virtual machine."""
        ...

    def updates(self) -> Updates:
        """How Windows Update is set."""
        ...


class DeskProbe(Protocol):
    """Screens, the session, and power."""

    def screens(self) -> Screens:
        """The active screens."""
        ...

    def remote_session(self) -> RemoteSession:
        """Whether this session is shown elsewhere."""
        ...

    def power(self) -> Power:
        """Mains and battery."""
        ...

    def sleep(self) -> Sleep:
        """When the screen and the computer go dark."""
        ...


class SoftwareProbe(Protocol):
    """What runs and what is installed."""

    def found(self) -> SoftwareFound:
        """All of it."""
        ...


class DeviceProbe(Protocol):
    """Camera and microphone."""

    def cameras(self) -> Sequence[str]:
        """The cameras' names."""
        ...

    def frame(self) -> Frame:
        """One picture of the first camera that answers."""
        ...

    def microphones(self) -> Sequence[str]:
        """The microphones' names."""
        ...

    def level(self) -> Level:
        """How loud a second of the default microphone is."""
        ...

    def denied(self, capability: str) -> Optional[str]:
        """Who forbids ``webcam`` or ``microphone``: ``machine``, ``account``, ``desktop apps``, or nobody."""
        ...


class NetworkProbe(Protocol):
    """The portal, as far as the check asks it."""

    def clock(self) -> ClockReading:
        """The computer's clock against the portal's signed time."""
        ...

    def speeds(self) -> Speeds:
        """Both directions of the line to the portal."""
        ...


@dataclass(frozen=True)
class Probes:
    """Everything that checks ask."""

    system: SystemProbe
    desk: DeskProbe
    software: SoftwareProbe
    devices: DeviceProbe
    network: NetworkProbe
