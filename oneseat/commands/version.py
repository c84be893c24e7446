"""Says which version this is: its number, and in a checkout the commit."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click

from oneseat import __version__

_CHECKOUT = Path(__file__).parents[2]
_DESCRIBE = ("describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
"""The commit's abbreviated name, with ``-dirty`` when files differ from it."""


def find_commit(checkout: Path = _CHECKOUT) -> str | None:
    """Ask git for the commit of a checkout; None outside of one, or without git."""
    git = shutil.which("git")
    if git is None or not (checkout / ".git").exists():
        return None
    command = [git, "-C", str(checkout), *_DESCRIBE]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return result.stdout.strip() or None


def show_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print name, number and commit, and end the program."""
    if not wanted or ctx.resilient_parsing:
        return
    commit = find_commit()
    click.echo(f"oneseat, version {__version__}" + (f" ({commit})" if commit else ""))
    ctx.exit()
