"""``room unlock``: a holder releases a share of a session's sealed papers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Command, pass_context

if TYPE_CHECKING:
    from oneseat.room.services.papers.paper_holders import Progress


@click.command("unlock", cls=Command)
@click.argument("session")
@click.option("--papers", type=PATH, required=True, help="The folder that `paper seal` wrote.")
@click.option("--holder", type=PATH, required=True, help="The holder's own key, such as wang.key.")
@click.option("--holder-passphrase-file", type=PATH, help="A file with that key's passphrase; else a prompt.")
@click.option("--spare", is_flag=True, help="Release the spare paper, which takes the place of the others.")
@click.option(
    "--root-key", metavar="BASE64URL", help="The exam's root public key, where its ring is not at hand."
)
@click.option(
    "--wait",
    type=click.IntRange(0, 600),
    default=10,
    show_default=True,
    help="Seconds to wait then.",
)
@pass_context
def room_unlock(  # noqa: PLR0913 -- the options of a command
    context: Context,
    /,
    session: str,
    papers: Path,
    holder: Path,
    *,
    holder_passphrase_file: Path | None,
    spare: bool,
    root_key: str | None,
    wait: int,
) -> None:
    """Release a holder's share of the papers of SESSION, such as formal-0. Two holders do it, each alone.

    The share goes to the processes of the room, encrypted for each. With two of them they have the key, in
    memory until the session starts.
    """
    from oneseat.room.papers import holders
    from oneseat.room.services.papers import paper_holders

    project = context.project()
    files = paper_holders.find_papers(papers, project.exam.id, session, spare=spare)
    key = holders.open_holder(holder, context.holder_passphrase(holder_passphrase_file))
    release = paper_holders.Release(project.state, project.exam.id, root_key or project.root_key, files)
    release.send(key, context.clock.now())
    progress = release.wait(context.clock, wait)
    context.console.result({"unlocked": progress.is_done, **vars(progress)}, _outcome(session, progress))


def _outcome(session: str, progress: Progress) -> str:
    done = f"{progress.unlocked} of {progress.processes} processes of the room have the key."
    if progress.is_done:
        return f"{session} is unlocked: {done}"
    held = ", ".join(progress.shares) or "none yet"
    return f"{session} is not unlocked yet (shares there: {held}). {done} Another holder releases a share."
