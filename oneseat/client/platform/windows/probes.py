"""The real answers to every probe, for the computer that the program runs on."""

from __future__ import annotations

import sys

from oneseat.client.health.probes import NetworkProbe, Probes

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

from oneseat.client.platform.windows.devices import WindowsDevices  # noqa: E402
from oneseat.client.platform.windows.displays import WindowsDesk  # noqa: E402
from oneseat.client.platform.windows.software import WindowsSoftware  # noqa: E402
from oneseat.client.platform.windows.system import WindowsSystem  # noqa: E402


def probes(network: NetworkProbe) -> Probes:
    """Windows, and the network as given."""
    return Probes(WindowsSystem(), WindowsDesk(), WindowsSoftware(), WindowsDevices(), network)
