"""Creates all probes for the operating system that the program runs on."""

from __future__ import annotations

import sys
from typing import Callable

from oneseat.client.errors import InstallationBroken
from oneseat.client.guard.sight import SightProbe
from oneseat.client.health.probes import NetworkProbe, Probes

ProbesFor = Callable[[NetworkProbe], Probes]


def installed_probes(network: NetworkProbe) -> Probes:
    """Create the Windows probes beside a network probe.

    Raises:
        InstallationBroken: the system is not Windows.
    """
    if sys.platform == "win32":
        # Imported here: these modules load Windows' libraries, and cannot be imported elsewhere.
        from oneseat.client.platform.windows.browsers import WindowsBrowsers
        from oneseat.client.platform.windows.devices import WindowsDevices
        from oneseat.client.platform.windows.displays import WindowsDisplays
        from oneseat.client.platform.windows.software import WindowsSoftware
        from oneseat.client.platform.windows.system import WindowsSystem

        return Probes(
            WindowsSystem(),
            WindowsDisplays(),
            WindowsSoftware(),
            WindowsDevices(),
            network,
            WindowsBrowsers(),
        )
    raise InstallationBroken(missing="Windows")


def installed_sight() -> SightProbe:
    """Create the probe by which the guard looks at the computer.

    Raises:
        InstallationBroken: the system is not Windows.
    """
    if sys.platform == "win32":
        from oneseat.client.platform.windows.sight import WindowsSight  # imported here, as above

        return WindowsSight()
    raise InstallationBroken(missing="Windows")
