"""Renders QR codes (ISO/IEC 18004) as SVG locally, so that no address goes to a third party."""

from __future__ import annotations

import functools
import io

import segno

_INK = "#0b2a4c"
_PAPER = "#ffffff"
_QUIET_ZONE_MODULES = 4
"""The margin that readers need, by the standard."""


@functools.lru_cache(maxsize=64)
def qr_svg(text: str) -> bytes:
    """``text`` as a QR code that stays readable with 15 % of it damaged; scales to any size."""
    drawn = io.BytesIO()
    segno.make_qr(text, error="m").save(
        drawn,
        kind="svg",
        xmldecl=False,
        nl=False,
        omitsize=True,
        border=_QUIET_ZONE_MODULES,
        dark=_INK,
        light=_PAPER,
    )
    return drawn.getvalue()
