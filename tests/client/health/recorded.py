"""Simulated probes with recorded values: a computer that passes every check, changed by each test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Optional, Tuple

from oneseat.client.health import probes as p

GIB = 1024**3

WINDOWS_10 = p.WindowsVersion(10, 0, 19045, 0, is_64bit=True, is_server=False)
HARDWARE = p.Hardware(
    {"SystemManufacturer": "LENOVO", "SystemProductName": "20XW004ACD", "BIOSVendor": "LENOVO"},
    "Microsoft Hv",  # as on any Windows with virtualization-based security
    ("Winmgmt", "wuauserv", "vmbus", "VBoxDrv", "vmx86"),  # Hyper-V's bus and the drivers of hosts
)
USUAL_SOFTWARE = p.SoftwareInventory(
    own_session=1,
    programs=(p.Program("explorer.exe", "EXPLORER.EXE.MUI", 1), p.Program("MsMpEng.exe", "MsMpEng.exe", 0)),
    services=(p.Service("Winmgmt", running=True),),
    installed=(p.Installed("7-Zip", "7-Zip 22.01 (x64)"),),
    scanners=(),
)


USUAL: Dict[str, Any] = {
    "version": WINDOWS_10,
    "memory": p.Memory(8 * GIB, 8 * GIB - 200 * 1024**2, 4 * GIB),
    "free_on_c": 100 * GIB,
    "boot": p.Boot(("Windows 10",), (), (), "LENOVO"),
    "hardware": HARDWARE,
    "updates": p.Updates(1, None, None, 3, None),
    "awaits_restart": False,
    "screens": p.Screens(1, ("Built-in",), sees_clones=True),
    "remote_session": p.RemoteSession(metric=False, protocol=0),
    "power": p.Power(on_mains=True, has_battery=True, battery_percent=100),
    "sleep": p.Sleep(0, 0, 0, 0),
    "inventory": USUAL_SOFTWARE,
    "service_files": (),
    "cameras": ("Integrated Camera",),
    "frame": p.Frame(640, 480, 110.0, 255),
    "microphones": ("Microphone Array",),
    "level": p.Level(0.4, 0.05),
    "denied": {},
    "clock": p.ClockReading(0.4, 0.1),
    "speeds": p.Speeds(50.0, 20.0),
    "browsers": (p.Browser("Edge", "C:\\edge\\msedge.exe", (120, 0, 2210, 61)),),
}


TRIAL = p.Trial(("h264", "vp8"), True, True, 10 * GIB, "prompt", "prompt", None)


class RecordedTrial:
    """A trial of the browser with a recorded report."""

    def __init__(self, trial: Optional[p.Trial] = TRIAL) -> None:
        self.trial, self.tried = trial, 0

    def run(self, _: p.Browser) -> Optional[p.Trial]:
        self.tried += 1
        return self.trial


class Recorded:
    """Implements all probe protocols with recorded values; an exception is raised instead of returned."""

    def __init__(self, **answers: Any) -> None:
        assert set(answers) <= set(USUAL)
        self._answers = {**USUAL, **answers}

    def _answer(self, question: str) -> Any:
        answer = self._answers[question]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def version(self) -> Any:
        return self._answer("version")

    def memory(self) -> Any:
        return self._answer("memory")

    def free_on_c(self) -> Any:
        return self._answer("free_on_c")

    def boot(self) -> Any:
        return self._answer("boot")

    def hardware(self) -> Any:
        return self._answer("hardware")

    def updates(self) -> Any:
        return self._answer("updates")

    def awaits_restart(self) -> Any:
        return self._answer("awaits_restart")

    def screens(self) -> Any:
        return self._answer("screens")

    def remote_session(self) -> Any:
        return self._answer("remote_session")

    def power(self) -> Any:
        return self._answer("power")

    def sleep(self) -> Any:
        return self._answer("sleep")

    def inventory(self) -> Any:
        return self._answer("inventory")

    def running(self) -> Any:
        return self._answer("inventory")

    def service_file_exists(self, name: str) -> bool:
        return name in self._answer("service_files")

    def cameras(self) -> Any:
        return self._answer("cameras")

    def frame(self) -> Any:
        return self._answer("frame")

    def microphones(self) -> Any:
        return self._answer("microphones")

    def level(self) -> Any:
        return self._answer("level")

    def denied(self, capability: str) -> Any:
        return self._answer("denied").get(capability)

    def clock(self) -> Any:
        return self._answer("clock")

    def speeds(self) -> Any:
        return self._answer("speeds")

    def browsers(self) -> Any:
        return self._answer("browsers")

    def probes(self) -> p.Probes:
        return p.Probes(self, self, self, self, self, self)


def running(*programs: Tuple[str, str, int]) -> p.SoftwareInventory:
    """The usual software, and these running programs: file name, original name, session."""
    more = tuple(p.Program(*program) for program in programs)
    return replace(USUAL_SOFTWARE, programs=USUAL_SOFTWARE.programs + more)


def installed(key: str, name: str, *, removable: bool = False) -> p.SoftwareInventory:
    """The usual software, and an entry of Programs and Features."""
    return replace(USUAL_SOFTWARE, installed=(*USUAL_SOFTWARE.installed, p.Installed(key, name, removable)))
