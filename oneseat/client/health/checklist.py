"""List of all checks, in the order in which they are displayed."""

from __future__ import annotations

from typing import Callable, Optional, Tuple

from oneseat.client.health.browser import BrowserCheck
from oneseat.client.health.check import Check
from oneseat.client.health.devices import CameraCheck, MicrophoneCheck
from oneseat.client.health.machine import RemoteSessionCheck, VirtualMachineCheck
from oneseat.client.health.network import BandwidthCheck, ClockCheck
from oneseat.client.health.probes import BrowserTrial, Probes
from oneseat.client.health.screens import ScreensCheck
from oneseat.client.health.settings import PowerCheck, RestartCheck, SleepCheck, UpdatesCheck
from oneseat.client.health.software import AntivirusCheck, CaptureToolsCheck, ChatCheck, RemoteToolsCheck
from oneseat.client.health.system import DiskCheck, DualBootCheck, MemoryCheck, WindowsCheck
from oneseat.client.local.installer_findings import BootFinding
from signing.charter import Charter


def checks(
    charter: Charter,
    probes: Probes,
    *,
    bandwidth: bool = True,
    installer: Optional[BootFinding] = None,
    trial: Optional[BrowserTrial] = None,
    is_near: Callable[[], bool] = lambda: False,
) -> Tuple[Check, ...]:
    """Create the checks with a charter's requirements; without ``bandwidth`` that measurement is left out.

    ``installer`` is what the installer found in the boot menu. ``trial`` tries the room's browser; without it
    the row goes by version and policies. ``is_near`` says whether it is too late to restart.
    """
    need, catalogue = charter.requirements, charter.catalogue
    last = max((formal.ends for formal in charter.formals), default=None)
    every: Tuple[Check, ...] = (
        WindowsCheck(probes.system, need),
        DualBootCheck(probes.system, installer),
        MemoryCheck(probes.system, need),
        DiskCheck(probes.system, need),
        ScreensCheck(probes.displays, need),
        RemoteSessionCheck(probes.displays),
        VirtualMachineCheck(probes.system),
        AntivirusCheck(probes.software, catalogue),
        ChatCheck(probes.software, catalogue),
        RemoteToolsCheck(probes.software, catalogue),
        *_of_capture(charter, probes),
        UpdatesCheck(probes.system, last),
        RestartCheck(probes.system, is_near),
        CameraCheck(probes.devices, probes.system),
        MicrophoneCheck(probes.devices, probes.system),
        *_for_own_room(charter, probes, trial),
        PowerCheck(probes.displays),
        SleepCheck(probes.displays),
        ClockCheck(probes.network, probes.system),
    )
    return (*every, BandwidthCheck(probes.network, need)) if bandwidth else every


def _for_own_room(charter: Charter, probes: Probes, trial: Optional[BrowserTrial]) -> Tuple[Check, ...]:
    """Checks of what this project's exam room needs; another one may need something else."""
    room = charter.exam_room
    return (BrowserCheck(probes.browsers, trial),) if room is not None and room.is_own else ()


def _of_capture(charter: Charter, probes: Probes) -> Tuple[Check, ...]:
    """The check of a role that catalogues had none of at first; a row about nothing would only be longer."""
    named = CaptureToolsCheck.is_named_by(charter.catalogue)
    return (CaptureToolsCheck(probes.software, charter.catalogue),) if named else ()


def watched(charter: Charter, probes: Probes) -> Tuple[Check, ...]:
    """Create the quick checks of what may change after entry: screens, remote session, running programs."""
    return (
        ScreensCheck(probes.displays, charter.requirements),
        RemoteSessionCheck(probes.displays),
        ChatCheck(probes.software, charter.catalogue),
        RemoteToolsCheck(probes.software, charter.catalogue),
    )
