"""What a database cannot do is refused with the remedy for its cause, and never with a value."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from oneseat.state import driver_faults
from oneseat.state.database import Database
from oneseat.state.errors import StateUnavailable

ROOT = Path(__file__).parents[2]


def refused(url: str) -> StateUnavailable:
    with pytest.raises(StateUnavailable) as caught:
        Database.create(url, rehearsal=True).close()
    return caught.value


def test_a_wrong_scheme_says_how_to_write_the_address() -> None:
    for url in ("postgres://u:secret@h/d", "mysql://h/d", "nothing://"):
        error = refused(url)
        assert "postgresql://" in error.remedy_text.en and "postgresql://" in error.remedy_text.zh
        assert "plugin" not in error.diagnostics("zh") and "secret" not in error.diagnostics()


def test_a_file_that_is_no_database_is_to_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
    error = refused(f"sqlite:///{tmp_path}/x.db")
    assert "不是 SQLite 数据库" in error.cause_text.zh and "--state" in error.remedy_text.en


def test_a_locked_database_is_to_be_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oneseat.state.database._BUSY_TIMEOUT_MS", 100)
    path = tmp_path / "x.db"
    Database.create(f"sqlite:///{path}", rehearsal=True).close()
    holder = sqlite3.connect(path)
    holder.execute("BEGIN EXCLUSIVE")
    database = Database.open(f"sqlite:///{path}")
    with pytest.raises(StateUnavailable) as caught, database.writing() as connection:
        connection.execute(text("DELETE FROM marks"))
    database.close()
    holder.close()
    assert "锁定" in caught.value.cause_text.zh and "Wait" in caught.value.remedy_text.en


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    fill = (
        "from oneseat.state.database import Database\n"
        "from oneseat.state.errors import StateUnavailable\n"
        "try:\n"
        f"    Database.create('sqlite:///{disk}/x.db', rehearsal=True)\n"
        "except StateUnavailable as error:\n"
        "    print(error.diagnostics('en'))\n"
    )
    line = f'mount -t tmpfs -o size=40k none {disk} && exec {sys.executable} -c "$FILL"'
    ended = subprocess.run(
        ["unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c", line],
        capture_output=True,
        text=True,
        env={**os.environ, "FILL": fill, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert "its disk is full" in ended.stdout and "Free space" in ended.stdout, ended.stderr


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="an administrator may write anywhere")
def test_a_folder_without_permission_is_to_be_permitted(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    error = refused(f"sqlite:///{tmp_path}/x.db")
    tmp_path.chmod(0o700)
    assert "没有访问权限" in error.cause_text.zh and "Permit" in error.remedy_text.en


@pytest.mark.parametrize(
    ("line", "zh", "remedy"),
    [
        ("connection to server at h failed: Connection refused", "没有应答", "PostgreSQL server runs"),
        ("could not translate host name h", "找不到该主机", "PostgreSQL server runs"),
        ('password authentication failed for user "u"', "密码", "password"),
        ('database "d" does not exist', "没有该数据库", "password"),
        ("terminating connection due to administrator command", "中断", "PostgreSQL server runs"),
        ("attempt to write a readonly database", "写入权限", "Permit"),
        ("something nobody has seen", "详情见英文说明", "Check the address"),
    ],
)
def test_each_cause_has_its_own_remedy(line: str, zh: str, remedy: str) -> None:
    error = driver_faults.refusal_of("here", OperationalError("SELECT 1", {}, Exception(f"{line}\nmore")))
    assert zh in error.cause_text.zh and remedy in error.remedy_text.en


def test_no_error_of_the_driver_shows_a_value(tmp_path: Path) -> None:
    database = Database.create(f"sqlite:///{tmp_path}/x.db", rehearsal=True)
    insert = text("INSERT INTO marks (name, value) VALUES (:name, :value)")
    with pytest.raises(IntegrityError) as caught, database.writing() as connection:
        connection.execute(insert, [{"name": "100000000001", "value": "x"}] * 2)
    database.close()
    assert "100000000001" not in str(caught.value)
