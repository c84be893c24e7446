"""Exports an exam's tables for auditors, without secrets.

Each table is a file, JSON Lines or CSV, with the columns listed here only: no tag, encrypted key,
licence token, password or secret. A column that a later version adds is exported only after it was
added to the list.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, Table, or_, select

from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.errors import BackupUnusable
from oneseat.state.tables.base import instant
from oneseat.state.upkeep.reflection import all_tables
from signing.os_faults import system_reason

COLUMNS: dict[str, tuple[str, ...]] = {
    "activations": ("jti", "device_key", "at"),
    "allowances": ("admission_number", "until", "granted_at"),
    "attendance": (
        *("admission_number", "slot", "jti", "kind", "session", "day"),
        *("first_ticket_at", "last_ticket_at", "started_at", "ended_at"),
        *("upload_left_bytes", "upload_until", "upload_reported_at", "completed_at"),
    ),
    "audit": ("id", "at", "exam", "actor", "act", "facts", "digest"),
    "batches": (
        *("id", "edition_id", "issued_at", "state", "rows_done"),
        *("added", "unchanged", "refreshed", "reissued", "finished_at"),
    ),
    "charters": ("version", "token", "published_at"),
    "check_ins": ("jti", "build", "at"),
    "current_releases": ("release_id",),
    "downloads": ("jti", "granted_at", "last_granted_at", "started_at", "finished_at"),
    "editions": ("id", "base", "build", "expires_at", "artefact"),
    "exam_orders": ("number", "token", "received_at"),
    "help_events": ("id", "request_id", "at", "act", "actor", "called_from"),
    "help_incidents": ("id", "reason", "words", "opened_at", "opened_by", "closed_at", "room_number"),
    "help_pictures": ("id", "request_id", "added_at"),
    "help_requests": (
        *("id", "number", "door", "reason", "admission_number", "jti", "codes", "urgency", "submitted_at"),
        *("status", "operator", "missed_calls", "reached_at", "closed_at"),
    ),
    "licences": ("jti", "edition_id", "admission_number"),
    "operators": ("name", "role", "created_at", "last_login_at", "disabled_at"),
    "phone_downloads": ("jti", "granted_at", "last_granted_at", "started_at", "finished_at"),
    "rebind_requests": (
        *("id", "jti", "reason", "asked_by", "asked_at", "outcome", "decided_by", "decided_at"),
    ),
    "reissues": ("id", "admission_number", "jti", "asked_at", "done_at"),
    "release_artefacts": ("release_id", "artefact", "edition_id", "base_sha256", "object_name"),
    "releases": ("id", "edition_id", "base_sha256", "object_name", "seats", "published_at"),
    "retired_devices": ("jti", "device_key", "activated_at", "retired_at"),
    "revocations": ("jti", "at", "reason"),
    "room_admission_switches": ("id", "is_on", "at"),
    "room_admissions": ("jti", "kind", "session", "activated_at", "at", "reconciled_at", "refusal"),
    "room_answers": (
        *("attempt", "sequence", "question", "previous", "hash", "made_at", "received_at", "late"),
    ),
    "room_attempts": (
        *("id", "jti", "kind", "session", "ordinal", "created_at"),
        *("consent_at", "consent_version", "consent_face", "devices_at", "room_at", "began_at"),
        *("starts_at", "ends_at", "answers_head", "handed_in_at", "handed_in_by", "completed_at"),
        *("receipt", "epoch", "upload_until", "window_seen_at", "guard_seen_at"),
        *("guard_sequence", "guard_head", "guard_present", "paper_variant", "phone_at"),
    ),
    "room_events": ("id", "attempt", "at", "source", "code", "facts"),
    "room_guard_events": (
        *("attempt", "sequence", "at", "code", "hash", "event", "device_key", "received_at"),
    ),
    "room_paper_keys": ("paper", "name", "holders", "stored_at"),
    "room_help_requests": (
        *("id", "attempt", "reason", "made_at", "received_at", "number", "status", "stage", "tries"),
        *("next_try_at", "withdrawn_at", "closed_at", "refusal"),
    ),
    "room_permissions": (
        "id",
        "attempt",
        "opener",
        "reason",
        "begins_at",
        "ends_at",
        "ended_by",
        "help_number",
    ),
    "room_phones": (
        *("id", "jti", "device_key", "kind", "build", "licence", "entered_by", "created_at", "epoch"),
        *("consent_version", "consent_at", "checked_at", "filmed", "swept_at", "placed_at", "recorded_at"),
        *("seen_at", "facts", "fault", "moved_at"),
    ),
    "room_reminders": ("id", "attempt", "at", "operator", "code", "words", "shown_at", "read_at"),
    "room_reports": ("attempt", "what", "at", "tries", "done_at", "refusal"),
    "room_takes": (
        *("attempt", "take", "stream", "mime", "began_at", "announced", "promised", "size_total"),
        *("hashes", "stored"),
    ),
    "seat_failures": ("admission_number", "kind", "code", "channel", "count", "first_at", "last_at"),
    "seat_terms": ("admission_number", "session", "paper", "changed_at"),
    "seats": ("admission_number", "generation", "jti", "published_jti"),
    "service_tokens": ("id", "label", "scopes", "made_at", "expires_at", "revoked_at"),
}
"""The columns by table. A charter's token is public: every client carries it."""

_MOMENTS = frozenset({"at", "until"})
_HEXADECIMAL = frozenset(
    {"device_key", "digest", "answers_head", "guard_head", "previous", "hash", "paper", "licence"}
)
_CHUNK = 1000


@dataclass(frozen=True)
class ExportResult:
    """Rows by file, and whether the exported audit log is whole, so that its chain can be verified."""

    exam: str
    folder: Path
    files: dict[str, int]
    rows: int
    log_is_whole: bool


def export(
    database: Database,
    exam: str,
    folder: Path,
    at: datetime,
    on_progress: Callable[[int], None] = lambda _: None,
    *,
    as_csv: bool = False,
) -> ExportResult:
    """Export an exam's tables from one snapshot into a new folder, with a manifest of digests.

    Times are RFC 3339 in UTC, keys and digests hexadecimal. Of the audit log, the entries of the
    exam and those of no exam are written.

    Raises:
        BackupUnusable: the folder exists or cannot be written.
        StateUnavailable: the database failed.
    """
    try:
        folder.mkdir(mode=0o700, parents=True)
        with database.snapshot() as connection:
            head = audit.read_head(connection)
            running = _Export(connection, exam, folder, as_csv, on_progress)
            for table in all_tables(connection):
                if table.name in COLUMNS:
                    running.table(table)
        log_is_whole = running.files[f"audit.{running.suffix}"][0] == head.entries
        about = {
            "exam": exam,
            "at": at.isoformat(timespec="seconds"),
            "audit_head": {"entries": head.entries, "digest": head.digest.hex(), "whole": log_is_whole},
            "files": {
                name: {"rows": rows, "sha256": digest} for name, (rows, digest) in running.files.items()
            },
        }
        (folder / "manifest.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise BackupUnusable(file=folder.name, reason=system_reason(error)) from None
    counts = {name: rows for name, (rows, _) in running.files.items()}
    return ExportResult(exam, folder, counts, sum(counts.values()), log_is_whole)


class _Export:
    """A running export. ``files`` maps names to row count and SHA-256."""

    def __init__(
        self,
        connection: Connection,
        exam: str,
        folder: Path,
        as_csv: bool,
        on_progress: Callable[[int], None],
    ) -> None:
        self._connection, self._exam, self._folder, self._on_progress = connection, exam, folder, on_progress
        self._as_csv = as_csv
        self.suffix = "csv" if as_csv else "jsonl"
        self.files: dict[str, tuple[int, str]] = {}
        self._done = 0

    def table(self, table: Table) -> None:
        """Export one table."""
        columns, path = COLUMNS[table.name], self._folder / f"{table.name}.{self.suffix}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            count = self._write(file, columns, self._rows(table, columns))
        with path.open("rb") as file_again:
            self.files[path.name] = count, hashlib.file_digest(file_again, "sha256").hexdigest()

    def _rows(self, table: Table, columns: tuple[str, ...]) -> Iterator[list[object]]:
        mine = table.c.exam == self._exam
        query = select(*(table.c[name] for name in columns))
        query = query.where(or_(mine, table.c.exam.is_(None)) if table.name == "audit" else mine)
        if table.name == "audit":
            query = query.order_by(table.c.id)
        for row in self._connection.execute(query.execution_options(stream_results=True, yield_per=_CHUNK)):
            self._done += 1
            if self._done % _CHUNK == 0:
                self._on_progress(self._done)
            yield [_shown(name, value) for name, value in zip(columns, row, strict=True)]

    def _write(self, file: TextIO, columns: tuple[str, ...], rows: Iterator[list[object]]) -> int:
        count = 0
        if self._as_csv:
            table = csv.writer(file)
            table.writerow(columns)
            for count, row in enumerate(rows, 1):  # noqa: B007 -- the count is what is wanted after it
                table.writerow(row)
            return count
        for count, row in enumerate(rows, 1):  # noqa: B007 -- as above
            line = dict(zip(columns, row, strict=True))
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        return count


def _shown(name: str, value: object) -> object:
    if name in _HEXADECIMAL and isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    if isinstance(value, int) and (name in _MOMENTS or name.endswith("_at")):
        return instant(value).isoformat()
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(value).decode("ascii")
    return value if value is None or isinstance(value, (int, str)) else str(value)
