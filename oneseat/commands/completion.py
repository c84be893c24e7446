"""``completion``: the script that completes the command line in a shell."""

from __future__ import annotations

import click

from oneseat.commands import shells
from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(shells.SHELLS))
@pass_context
def completion(context: Context, shell: str) -> None:
    """Print the script that completes this command line in a shell.

    \b
    bash:        eval "$(oneseat completion bash)"
    zsh:         eval "$(oneseat completion zsh)"
    fish:        oneseat completion fish | source
    PowerShell:  oneseat completion powershell | Out-String | Invoke-Expression

    Write the line into the shell's start file.
    """  # noqa: D301 -- click reads the control character before a paragraph that is not wrapped
    source = shells.script(click.get_current_context().find_root().command, shell)
    context.console.result({"shell": shell, "script": source}, source)
