"""``completion``: the script that completes the command line in a shell."""

from __future__ import annotations

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@pass_context
def completion(context: Context, shell: str) -> None:
    """Print the script that completes this command line: `eval "$(oneseat completion bash)"`."""
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    source = (
        script(click.get_current_context().find_root().command, {}, "oneseat", "_ONESEAT_COMPLETE").source()
        if script
        else ""
    )
    context.console.result({"shell": shell, "script": source}, source)
