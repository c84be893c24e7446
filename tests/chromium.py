"""Debian's Chromium as the tests start it: where it is, and what of it none of them needs."""

from __future__ import annotations

CHROMIUM = "/usr/bin/chromium"

_SUGGESTIONS = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup")
"""What the address bar suggests: two pages in a process of their own, loaded for each window at its start.
That takes half a second of CPU, more than a page of ours, and again for each context of Playwright's."""

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

WITHOUT_SUGGESTIONS = f"--disable-features={','.join(_SUGGESTIONS)}"
"""The flag for a browser that a test starts itself."""
WITHOUT_SUGGESTIONS_BY_PLAYWRIGHT = f"--disable-features={','.join(_OFF_BY_PLAYWRIGHT + _SUGGESTIONS)}"
"""The flag for a browser that Playwright starts."""
