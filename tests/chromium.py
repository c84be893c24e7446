"""Debian's Chromium as the tests start it: where it is, and what of it none of them needs."""

from __future__ import annotations

from pathlib import Path

from oneseat.demo.screen import NOT_NEEDED

CHROMIUM = "/usr/bin/chromium"
_SHELL = "/usr/bin/chromium-headless-shell"
SHELL = _SHELL if Path(_SHELL).exists() else CHROMIUM
"""Chromium's engine without the browser around it, for tests of pages alone; its windows and contexts take a
third of the CPU. `make setup` installs it; where it is missing, Chromium does the same."""

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

LEAN = f"--disable-features={','.join(NOT_NEEDED)}"
"""The flag for a browser that a test starts itself."""
LEAN_BY_PLAYWRIGHT = f"--disable-features={','.join(_OFF_BY_PLAYWRIGHT + NOT_NEEDED)}"
"""The flag for a browser that Playwright starts."""
