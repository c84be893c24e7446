"""An auditor's export contains the exam's rows and no secrets."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from oneseat.state.database import Database
from oneseat.state.errors import BackupUnusable
from oneseat.state.upkeep import export
from tests.state.full import AT, SECRET_LOOKING, fill, models

PUBLIC = {
    ("charters", "token"),
    ("exam_orders", "token"),
    ("audit", "digest"),
    ("activations", "device_key"),
    ("retired_devices", "device_key"),
    ("room_guard_events", "device_key"),
    ("room_phones", "device_key"),
}


def test_columns_that_are_exported_are_there_and_are_no_secrets() -> None:
    for name, columns in export.COLUMNS.items():
        table = models()[name]
        assert set(columns) <= {column.name for column in table.c}, name
        for column in columns:
            hides = column in ("login_tag", "sealed_key", "token", "ticket", "password", "sealed_totp")
            hides |= column in (
                "secret_sha256",
                "token_sha256",
                "subject",
                "key",
                "request",
                "digest",
                "device_key",
            )
            assert not hides or (name, column) in PUBLIC, (name, column)


@pytest.mark.parametrize("as_csv", [False, True])
def test_an_export_holds_the_exams_rows_and_their_digests(
    database: Database, tmp_path: Path, as_csv: bool
) -> None:
    fill(database, "demo", 10)
    done = export.export(database, "demo", tmp_path / "out", AT, as_csv=as_csv)
    assert done.log_is_whole and done.rows == 3 * len(done.files) - 2, "one release is current"
    about = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (
        set(about["files"])
        == set(done.files)
        == {path.name for path in (tmp_path / "out").iterdir() if path.name != "manifest.json"}
    )
    for name, file in about["files"].items():
        data = (tmp_path / "out" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        secrets = (
            data.replace(SECRET_LOOKING.encode(), b"", 3)
            if name.startswith(("charters", "exam_orders"))
            else data
        )
        assert SECRET_LOOKING.encode() not in secrets, name
    if as_csv:
        with (tmp_path / "out" / "seats.csv").open(encoding="utf-8", newline="") as file:
            assert [row["admission_number"] for row in csv.DictReader(file)] == [
                f"demo考-{n}" for n in (10, 11, 12)
            ]
    else:
        entries = [json.loads(line) for line in (tmp_path / "out" / "audit.jsonl").read_text().splitlines()]
        assert [entry["at"] for entry in entries] == ["2035-01-04T04:00:00+00:00"] * 3
        assert entries[-1]["digest"] == about["audit_head"]["digest"]


def test_another_exams_rows_stay_out_and_the_log_is_said_to_be_a_part(
    database: Database, tmp_path: Path
) -> None:
    fill(database, "demo", 10)
    fill(database, "other", 100)
    done = export.export(database, "demo", tmp_path / "out", AT)
    assert not done.log_is_whole and done.files["audit.jsonl"] == 3
    for path in (tmp_path / "out").iterdir():
        assert "other" not in path.read_text(), path.name
    with pytest.raises(BackupUnusable, match="exists"):
        export.export(database, "demo", tmp_path / "out", AT)
