"""The real answers to every probe, for the computer that the program runs on."""

from __future__ import annotations

import sys

from client.health.probes import NetworkProbe, Probes

assert sys.platform == "win32"  # noqa: S101 -- tells type checkers to pass over this module elsewhere

from client.health.windows_desk import WindowsDesk  # noqa: E402
from client.health.windows_devices import WindowsDevices  # noqa: E402
from client.health.windows_software import WindowsSoftware  # noqa: E402
from client.health.windows_system import WindowsSystem  # noqa: E402


def probes(network: NetworkProbe) -> Probes:
    """Windows, and the network as given."""
    return Probes(WindowsSystem(), WindowsDesk(), WindowsSoftware(), WindowsDevices(), network)
