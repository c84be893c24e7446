"""Reads what the elevated installer found out about this computer: the systems in its boot menu.

An ordinary account cannot read the boot menu. The installer leaves its finding in
``<shared>/<exam>/installer-findings.json``, in UTF-8::

    {"version": 1, "time": "2035-01-04T10:00:00Z", "boot": {"systems": ["Windows 10"], "count": 1}}

A file that is absent, damaged, too large or old counts as no finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Optional, Tuple

from oneseat.client.errors import StateDamaged
from oneseat.client.local.storage import read_small
from signing.fields import Fields
from signing.jws import parse_object
from signing.refusals import TokenMalformed

FILE = "installer-findings.json"
MAX_BYTES = 16 * 1024
MAX_AGE = timedelta(days=60)
"""Older findings are ignored; installers are downloaded a few days before the interview."""
_CLOCK_TOLERANCE = timedelta(days=2)
_VERSION = 1
_MAX_SYSTEMS = 20


@dataclass(frozen=True)
class BootFinding:
    """Number and names of the systems in the boot menu, as the installer saw them at ``time``."""

    time: datetime
    systems: Tuple[str, ...]
    count: int


def read_boot_finding(folder: Path, now: datetime) -> Optional[BootFinding]:
    """Read the installer's finding from an exam's shared folder; None if there is none that can be used."""
    try:
        data = read_small(folder / FILE)
    except (FileNotFoundError, StateDamaged):
        return None
    return parse_boot_finding(data, now) if len(data) <= MAX_BYTES else None


def parse_boot_finding(data: bytes, now: datetime) -> Optional[BootFinding]:
    """Parse the file's content; None if any member is missing or has another type, or the finding is old."""
    try:
        content = Fields(parse_object(data.decode("utf-8-sig").encode()))
        boot, time = content.child("boot"), _instant(content.text("time"))
        finding = BootFinding(time, boot.texts("systems")[:_MAX_SYSTEMS], boot.integer("count"))
        is_known = content.integer("version") == _VERSION
    except (TokenMalformed, ValueError, OverflowError):
        return None
    is_recent = -_CLOCK_TOLERANCE <= now - time <= MAX_AGE
    return finding if is_known and is_recent and finding.count >= 0 else None


def _instant(text: str) -> datetime:
    """Parse an RFC 3339 time.

    Raises:
        ValueError: it is not one, or has no offset.
    """
    moment = datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith("Z") else text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
