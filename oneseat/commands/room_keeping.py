"""``room hold`` and ``room purge``: what is kept for longer, and what is erased because it is due."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Command, pass_context
from oneseat.commands.room_options import kept_room_options, kept_room_settings

if TYPE_CHECKING:
    from oneseat.room.evidence.purge import Plan


@click.command("hold", cls=Command)
@click.argument("seat", required=False)
@click.option("--reason", default="", help="Why, such as an appeal; no candidate's name.")
@click.option("--by", default="", metavar="NAME", help="Who places or releases it.")
@click.option("--release", is_flag=True, help="Release all holds on the seat.")
@click.option("--list", "listing", is_flag=True, help="List all holds.")
@pass_context
def room_hold(
    context: Context, seat: str | None, reason: str, by: str, *, release: bool, listing: bool
) -> None:
    """Hold what is kept of a seat: `room purge` erases nothing of it until the hold is released.

    That is what the computer recorded, and what the phone did, also of a seat that never came to a computer.
    SEAT is an admission number, a licence's jti or an attempt's id.
    """
    from oneseat.room.evidence import holding

    project, console, now = context.project(), context.console, context.clock.now()
    if listing:
        held = holding.list_holds(project.state, project.exam.id)
        rows = [(h.jti, h.reason, h.placed_by, h.placed_at, h.released_at or "") for h in held]
        console.table("Holds", ["jti", "reason", "by", "since", "released"], rows)
        console.result({"holds": held}, f"{len(held)} holds.")
        return
    if seat is None:
        raise click.UsageError("Name a seat, or give --list.")
    if release:
        holding.release(project.state, project.exam.id, seat, by, now)
        console.result({"held": False}, "Released.")
        return
    count = holding.hold(project.state, project.exam.id, seat, reason, by, now)
    gone = sorted({each.retention for each in holding.list_erased(project.state, project.exam.id, seat)})
    lost = f" Erased before, in whole or in part: {', '.join(gone)}." if gone else ""
    console.result({"held": True, "attempts": count, "erased": gone}, f"Held: {count} attempts.{lost}")


@click.command("purge", cls=Command)
@click.option("--dry-run", is_flag=True, help="Say what is due, and erase nothing.")
@click.option("--confirm", metavar="EXAM", help="The exam's id, instead of typing it at the prompt.")
@click.option(
    "--to", "folder", type=PATH, metavar="DIR", help="Where the certificate goes; the workspace's own."
)
@kept_room_options
@pass_context
def room_purge(
    context: Context,
    *,
    dry_run: bool,
    confirm: str | None,
    folder: Path | None,
    recordings: str | None,
    keys: Path | None,
    root_key: str | None,
) -> None:
    """Erase what is due by `[retention]`: recordings, older versions of them, and rows of the database.

    Recordings are those of computers and of phones. What is held stays. A signed certificate says what was
    erased. A run that was interrupted goes on when it is repeated. Backups and exports are files of yours:
    erase them yourself.
    """
    from oneseat.commands.state import require_confirmation
    from oneseat.room.evidence import purge
    from oneseat.room.exam.kept_room import open_kept_room

    console, project = context.console, context.project()
    with open_kept_room(kept_room_settings(project, recordings, keys, root_key)) as room:
        planned = purge.plan(room, context.clock.now())
        if dry_run:
            console.result(planned, _prose(planned))
            return
        require_confirmation(project.exam.id, confirm, _prose(planned))
        target = folder or project.workspace.folder / "certificates"
        with console.progress() as on_progress:
            result = purge.purge(room, context.clock, target, on_progress)
    where = f" Certificate: {result.certificate}." if result.certificate else ""
    console.result(
        result,
        f"Erased {result.objects:,} recordings ({result.size_bytes:,} bytes) and {result.rows:,} rows; "
        f"{result.held} attempts are held.{where}",
    )


def _prose(planned: Plan) -> str:
    rows = sum(planned.rows.values())
    return (
        f"Due: {planned.objects:,} recordings ({planned.size_bytes:,} bytes) and {rows:,} rows "
        f"of {planned.attempts} attempts; {planned.held} attempts are held."
    )
