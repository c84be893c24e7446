"""Debian's Chromium as the tests start it: where it is, and what of it none of them needs."""

from __future__ import annotations

from pathlib import Path

CHROMIUM = "/usr/bin/chromium"
_SHELL = "/usr/bin/chromium-headless-shell"
SHELL = _SHELL if Path(_SHELL).exists() else CHROMIUM
"""Chromium's engine without the browser around it, for tests of pages alone; its windows and contexts take a
third of the CPU. `make setup` installs it; where it is missing, Chromium does the same."""

_SUGGESTIONS = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup")
"""What the address bar suggests: two pages in a process of their own, loaded for each window at its start.
That takes half a second of CPU, more than a page of ours, and again for each context of Playwright's."""
_SPARE = "SpareRendererForSitePerProcess"
"""A process that is kept ready for the next site; without it a first page takes a fifth less CPU."""
_OFF = (*_SUGGESTIONS, _SPARE)

_OFF_BY_PLAYWRIGHT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
"""What Playwright turns off itself (`chromiumSwitches.ts`): Chromium heeds the last such flag alone."""

LEAN = f"--disable-features={','.join(_OFF)}"
"""The flag for a browser that a test starts itself."""
LEAN_BY_PLAYWRIGHT = f"--disable-features={','.join(_OFF_BY_PLAYWRIGHT + _OFF)}"
"""The flag for a browser that Playwright starts."""
