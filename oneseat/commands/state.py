"""``state``: back up, restore and purge the state database, and export it for an auditor."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from oneseat.commands.console import Console
from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Group, pass_context

_INTERVAL_S = 2.0


class _Rows:
    """A callback that prints how many rows a long job has result, every few seconds."""

    def __init__(self, console: Console, verb: str) -> None:
        self._console, self._verb, self._last_s = console, verb, time.monotonic()

    def __call__(self, rows: int) -> None:
        if time.monotonic() - self._last_s >= _INTERVAL_S:
            self._last_s = time.monotonic()
            self._console.step(f"  {rows:,} rows {self._verb}")


@click.group(cls=Group)
def state() -> None:
    """Back the state database up, restore it, show it to an auditor, erase an exam."""


@state.command("backup")
@click.argument("file", type=PATH)
@pass_context
def state_backup(context: Context, file: Path) -> None:
    """Write the whole database into one file while the portal runs, all of one moment.

    The same file restores into SQLite or PostgreSQL. It holds what the database holds:
    keep it as carefully, and apart from the keys.
    """
    from oneseat.state.upkeep import backup

    console, project = context.console, context.project()
    result = backup.backup(project.state, file, context.clock.now(), _Rows(console, "backed up"))
    console.result(
        result, f"{file}: {result.rows:,} rows of {len(result.tables)} tables; {_log(result.audit_entries)}."
    )


@state.command("restore")
@click.argument("file", type=PATH)
@pass_context
def state_restore(context: Context, file: Path) -> None:
    """Fill an empty database (--state, or the workspace's own) and check it against the backup.

    Nothing is kept unless every table's count and digest and the audit log agree.
    """
    from oneseat.state.upkeep import backup

    console, where = context.console, context.project().state_url
    result = backup.restore(file, where, _Rows(console, "restored"))
    console.result(
        result,
        f"Restored the state of {result.made_at.isoformat(timespec='seconds')}: {result.rows:,} rows of "
        f"{len(result.tables)} tables, each as in the backup; {_log(result.audit_entries)}.",
    )


@state.command("export")
@click.argument("folder", type=PATH)
@click.option("--csv", "as_csv", is_flag=True, help="CSV rather than JSON Lines.")
@pass_context
def state_export(context: Context, folder: Path, as_csv: bool) -> None:
    """Write what an auditor may see of the exam into a new folder: no tag, token, password or secret."""
    from oneseat.state.upkeep import export

    console, project = context.console, context.project()
    result = export.export(
        project.state, project.exam.id, folder, context.clock.now(), _Rows(console, "exported"), as_csv=as_csv
    )
    whole = "" if result.log_is_whole else " The log is this exam's part only: its chain cannot be walked."
    console.result(result, f"{folder}: {result.rows:,} rows in {len(result.files)} files.{whole}")


@state.command("purge")
@click.option("--confirm", metavar="EXAM", help="The exam's id, instead of typing it at the prompt.")
@click.option("--with-audit", is_flag=True, help="Erase the audit log too; a new one begins with its head.")
@click.option("--early", is_flag=True, help="Although the exam's retention has not ended.")
@pass_context
def state_purge(context: Context, confirm: str | None, with_audit: bool, early: bool) -> None:
    """Erase the exam from the state database when its retention has ended, and check that it is gone.

    Stop the portal first. Keys, store, charters and backups are files of yours: the
    command names the folders, and erases none of them.
    """
    from oneseat.pipeline.exam import retention
    from oneseat.pipeline.issuing.issuer import lock_name
    from oneseat.state.database import Database
    from oneseat.state.upkeep import purge

    console, project = context.console, context.project()
    exam = project.exam.id
    if not early:
        retention.require_ended(project.exam, context.clock.now())
    database = Database.open(project.state_url)
    with database.exclusive(lock_name(exam)):
        planned = purge.plan(database, exam)
        rows = sum(planned.tables.values())
        require_confirmation(
            exam, confirm, f"{rows:,} rows of exam {exam} in {database.where} are erased for good."
        )
        result = purge.purge(
            database, exam, context.clock.now(), _Rows(console, "erased"), with_audit=with_audit
        )
    console.result(
        result,
        f"Erased {result.rows:,} rows; none is left. "
        f"The audit log has {result.audit_entries} entries, "
        f"head {result.audit_digest}. Erase yourself: {project.workspace.folder}, "
        "backups, copies at portal hosts.",
    )


def require_confirmation(exam: str, given: str | None, warning: str) -> None:
    """Ask for the exam's id before something is erased, unless it was given.

    Raises:
        PurgeRefused: it is another.
    """
    from oneseat.pipeline.exam import retention

    if given is None and sys.stdin.isatty():
        given = click.prompt(f"{warning}\nType the exam's id to go on", err=True)
    if given != exam:
        retention.refuse_unconfirmed(exam)


def _log(entries: int) -> str:
    return f"the audit log holds, with {entries:,} {'entry' if entries == 1 else 'entries'}"
