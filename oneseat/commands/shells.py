"""Completes the command line in bash, zsh, fish and PowerShell, with click's classes and scripts."""

from __future__ import annotations

import os
from typing import ClassVar

import click
from click.shell_completion import (
    FishComplete,
    add_completion_class,
    get_completion_class,
    shell_complete,
)

PROGRAM = "oneseat"
VARIABLE = "_ONESEAT_COMPLETE"
"""The environment variable with which a shell's script asks the program for completions."""
SHELLS = ("bash", "zsh", "fish", "powershell")


@add_completion_class
class WholeHelpFish(FishComplete):
    """Completion for fish whose help texts may hold commas: click's script ends each at the first."""

    name: ClassVar[str] = "fish"
    source_template: ClassVar[str] = FishComplete.source_template.replace(
        'string split ","', 'string split --max 1 ","'
    )


def script(group: click.Command, shell: str) -> str:
    """Return the script that one of :data:`SHELLS` runs to have the command line completed."""
    kind = get_completion_class(shell) or WholeHelpFish
    return kind(group, {}, PROGRAM, VARIABLE).source()


def answer(group: click.Command) -> int | None:
    """Answer a shell that asks for completions, or return None if none does."""
    instruction = os.environ.get(VARIABLE)
    return shell_complete(group, {}, PROGRAM, VARIABLE, instruction) if instruction else None
