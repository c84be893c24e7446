"""The artefacts of a seat: the installer for the computer, and the phone app."""

from __future__ import annotations

INSTALLER, PHONE = "installer", "phone"
