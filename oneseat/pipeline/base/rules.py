"""The charter's rules that the installer applies before the client can run.

Like the charter they are not part of the build id. The same build can be compiled again with a newer
charter and then has its rules (docs/adr/0050-installer-checks-and-rollback.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self
from zoneinfo import ZoneInfo

from signing import dates, documents
from signing.charter import Charter, Software
from signing.refusals import RESULTS_PUBLISHED
from signing.text import Text

_MIB_PER_GIB = 1024


@dataclass(frozen=True)
class WantedSoftware:
    """Software to look for: its common name, and its names on a computer.

    ``keys`` are names of uninstall entries, or whole names shown for them. ``display_names`` are prefixes of
    the names shown for entries, by the rule of :attr:`signing.charter.Software.shown_names`.
    """

    name: str
    blocks: bool
    processes: tuple[str, ...]
    services: tuple[str, ...]
    keys: tuple[str, ...]
    display_names: tuple[str, ...]

    @classmethod
    def of(cls, software: Software) -> Self:
        """Convert one entry of the charter's catalogue."""
        return cls(
            name=software.name,
            blocks=software.action == "block",
            processes=tuple(f"{name}.exe" for name in software.processes),
            services=software.services,
            keys=software.uninstall,
            display_names=software.shown_names,
        )


@dataclass(frozen=True)
class InstallerRules:
    """The rules that installer and uninstaller apply. Sizes in MiB.

    ``keep_until`` is in UTC, in the log's notation; empty means unknown, so the client must be kept.
    """

    windows: tuple[str, ...]
    memory_mib: int
    memory_usable_mib: int
    memory_free_mib: int
    disk_free_mib: int
    antivirus: tuple[WantedSoftware, ...]
    document_kinds: tuple[str, ...]
    keep_until: str
    keep_until_text: Text
    device_change_until: Text

    @classmethod
    def of(cls, charter: Charter) -> Self:
        """Read the rules from a charter."""
        needs = charter.requirements
        zone = ZoneInfo(charter.timezone)
        until = charter.keep_until
        return cls(
            windows=needs.windows,
            memory_mib=_mib(needs.memory_gib),
            memory_usable_mib=_mib(needs.memory_usable_gib),
            memory_free_mib=_mib(needs.memory_free_gib),
            disk_free_mib=_mib(needs.disk_free_gib),
            antivirus=tuple(
                WantedSoftware.of(software) for software in charter.catalogue if software.role == "antivirus"
            ),
            document_kinds=charter.document_kinds,
            keep_until=until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00") if until else "",
            keep_until_text=dates.deadline(until.astimezone(zone)) if until else RESULTS_PUBLISHED,
            device_change_until=dates.deadline(charter.device_change_until.astimezone(zone)),
        )

    @classmethod
    def sample(cls) -> Self:
        """Return made-up rules that use every text, for hashing what the template makes of them."""
        software = Software("name", "antivirus", "block", ("process",), ("service",), ("entry", "key"))
        actions = ("block", "warn")
        return cls(
            windows=("10",),
            memory_mib=4096,
            memory_usable_mib=3584,
            memory_free_mib=1024,
            disk_free_mib=2048,
            antivirus=tuple(WantedSoftware.of(replace(software, action=action)) for action in actions),
            document_kinds=documents.KINDS,
            keep_until="2001-01-01T00:00:00+00:00",
            keep_until_text=RESULTS_PUBLISHED,
            device_change_until=dates.deadline(datetime(2001, 1, 1, tzinfo=UTC)),
        )

    def kinds(self) -> list[tuple[str, Text]]:
        """Return the accepted document kinds with their names."""
        return [(kind, documents.kind_name(kind)) for kind in self.document_kinds]


def _mib(gib: float) -> int:
    return round(gib * _MIB_PER_GIB)
