"""A command is found by its name: one module each, and no module that is neither a command nor shared."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import click

from oneseat.commands import main

ROOT = Path(__file__).parents[2]
SHARED = {"__init__", "console", "context", "main", "options", "progress", "run", "settings", "version"}
SHARED |= {"faults", "shells", "streams"}
"""What several commands use, and the modules that put the command line together."""
NESTED = {"keys_ceremony": ("keys", "ceremony")}
"""A command of a group that is long enough for a module of its own."""


def _module_name(command: str) -> str:
    return command.replace("-", "_")


def _command_in(module: str) -> object:
    """The attribute of a module in the commands' package that has the module's own name."""
    return getattr(importlib.import_module(f"{main.__package__}.{module}"), module)


def _loaded_by_the_command_line() -> set[str]:
    program = f"import sys, {main.__name__}; print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return set(printed.split())


def test_every_command_has_a_module_of_its_name_and_every_module_a_command() -> None:
    modules = {path.stem for path in Path(main.__file__).parent.glob("*.py")} - SHARED - set(NESTED)
    assert modules == {_module_name(name) for name in main.main_group.commands}


def test_a_module_defines_the_command_of_its_name() -> None:
    for name, command in main.main_group.commands.items():
        assert _command_in(_module_name(name)) is command
    for module, (group, name) in NESTED.items():
        holder = main.main_group.commands[group]
        assert isinstance(holder, click.Group)
        assert _command_in(module) is holder.commands[name]


def test_help_loads_no_database_and_no_portal() -> None:
    """Commands import late, so that ``--help`` and completion answer at once."""
    loaded = _loaded_by_the_command_line()
    assert "oneseat.commands.main" in loaded
    assert not {f"oneseat.{room}" for room in ("portal", "state", "store", "demo")} & loaded
    assert not {"sqlalchemy", "pydantic", "fastapi", "cryptography"} & loaded


def test_the_installed_command_needs_no_top_level_module() -> None:
    """``oneseat`` starts from the commands' package; ``build.py`` only serves a checkout."""
    assert "build" not in _loaded_by_the_command_line()
