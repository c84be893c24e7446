"""Probes that answer with recorded values: a computer that passes everything, changed as a test needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Tuple

from oneseat.client.health import probes as p

GIB = 1024**3

WINDOWS_10 = p.WindowsVersion(10, 0, 19045, 0, is_64bit=True, is_server=False)
HARDWARE = p.Hardware(
    {"SystemManufacturer": "LENOVO", "SystemProductName": "20XW004ACD", "BIOSVendor": "LENOVO"},
    "Microsoft Hv",  # as on any Windows with virtualization-based security
    ("Winmgmt", "wuauserv", "vmbus", "VBoxDrv", "vmx86"),  # Hyper-V's bus and the drivers of hosts
)
NOTHING_FOUND = p.SoftwareFound(
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
    "screens": p.Screens(1, ("Built-in",), sees_clones=True),
    "remote_session": p.RemoteSession(metric=False, protocol=0),
    "power": p.Power(on_mains=True, has_battery=True, battery_percent=100),
    "sleep": p.Sleep(0, 0, 0, 0),
    "found": NOTHING_FOUND,
    "cameras": ("Integrated Camera",),
    "frame": p.Frame(640, 480, 110.0, 255),
    "microphones": ("Microphone Array",),
    "level": p.Level(0.4, 0.05),
    "denied": {},
    "clock": p.ClockReading(0.4, 0.1),
    "speeds": p.Speeds(50.0, 20.0),
}


class Recorded:
    """All probes in one, each answering with its value; an exception is raised instead."""

    def __init__(self, **answers: Any) -> None:
        assert set(answers) <= set(USUAL)
        self._answers = {**USUAL, **answers}

    def _say(self, question: str) -> Any:
        answer = self._answers[question]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def version(self) -> Any:
        return self._say("version")

    def memory(self) -> Any:
        return self._say("memory")

    def free_on_c(self) -> Any:
        return self._say("free_on_c")

    def boot(self) -> Any:
        return self._say("boot")

    def hardware(self) -> Any:
        return self._say("hardware")

    def updates(self) -> Any:
        return self._say("updates")

    def screens(self) -> Any:
        return self._say("screens")

    def remote_session(self) -> Any:
        return self._say("remote_session")

    def power(self) -> Any:
        return self._say("power")

    def sleep(self) -> Any:
        return self._say("sleep")

    def found(self) -> Any:
        return self._say("found")

    def cameras(self) -> Any:
        return self._say("cameras")

    def frame(self) -> Any:
        return self._say("frame")

    def microphones(self) -> Any:
        return self._say("microphones")

    def level(self) -> Any:
        return self._say("level")

    def denied(self, capability: str) -> Any:
        return self._say("denied").get(capability)

    def clock(self) -> Any:
        return self._say("clock")

    def speeds(self) -> Any:
        return self._say("speeds")

    def probes(self) -> p.Probes:
        return p.Probes(self, self, self, self, self)


def running(*programs: Tuple[str, str, int]) -> p.SoftwareFound:
    """What a computer runs beside the usual: file name, original name, session."""
    more = tuple(p.Program(*program) for program in programs)
    return replace(NOTHING_FOUND, programs=NOTHING_FOUND.programs + more)
