"""The probes of the computer that the program runs on; nothing that ships uses others."""

from __future__ import annotations

import sys
from typing import Callable

from oneseat.client.errors import InstallationBroken
from oneseat.client.health.probes import NetworkProbe, Probes

ProbesFor = Callable[[NetworkProbe], Probes]


def installed_probes(network: NetworkProbe) -> Probes:
    """Windows, and the network as given.

    Raises:
        InstallationBroken: this is no Windows.
    """
    if sys.platform == "win32":
        from oneseat.client.platform.windows.probes import probes

        return probes(network)
    raise InstallationBroken(missing="Windows")
