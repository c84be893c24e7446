"""A command is found by its name: one module each, and no module that is neither a command nor shared."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import click

from oneseat.commands import main
from oneseat.commands.run import run

ROOT = Path(__file__).parents[2]
SHARED = {"__init__", "console", "context", "main", "options", "progress", "run", "settings", "version"}
SHARED |= {"deployment_options", "faults", "room_options", "shells", "streams"}
"""What several commands use, and the modules that put the command line together."""
NESTED = {
    "keys_ceremony": ("keys", {"ceremony": "keys_ceremony"}),
    "room_admission": ("room", {"admit-without-tickets": "room_admission"}),
    "room_deploy": ("room", {"deploy": "room_deploy"}),
    "room_evidence": ("room", {"export": "room_export", "verify": "room_verify"}),
    "room_groups": ("room", {"groups": "room_groups"}),
    "room_photos": ("room", {"photo-key": "room_photo_key", "photos": "room_photos"}),
    "room_unlock": ("room", {"unlock": "room_unlock"}),
    "room_keeping": ("room", {"hold": "room_hold", "purge": "room_purge"}),
}
"""Modules of a group's commands that are one subject: the group, and each command with its function."""


def _module_name(command: str) -> str:
    return command.replace("-", "_")


def _command_in(module: str, name: str | None = None) -> object:
    """An attribute of a module in the commands' package, by default that with the module's own name."""
    return getattr(importlib.import_module(f"{main.__package__}.{module}"), name or module)


def _loaded_by_the_command_line(*commands: list[str]) -> set[str]:
    """The names of the modules that are loaded when these commands have run in one process."""
    program = (
        f"import sys; from {main.__name__} import main_group; from {run.__module__} import run\n"
        f"for arguments in {commands!r}: assert run(main_group, arguments) == 0\n"
        "print(); print(*sys.modules)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return set(printed.splitlines()[-1].split())


def test_every_command_has_a_module_of_its_name_and_every_module_a_command() -> None:
    modules = {path.stem for path in Path(main.__file__).parent.glob("*.py")} - SHARED - set(NESTED)
    assert modules == {_module_name(name) for name in main.main_group.commands}


def test_a_module_defines_the_command_of_its_name() -> None:
    for name, command in main.main_group.commands.items():
        assert _command_in(_module_name(name)) is command
    for module, (group, commands) in NESTED.items():
        holder = main.main_group.commands[group]
        assert isinstance(holder, click.Group)
        for nested, function in commands.items():
            assert _command_in(module, function) is holder.commands[nested]


def test_help_loads_no_database_and_no_portal() -> None:
    """Commands import late, so that ``--help`` and completion answer at once."""
    loaded = _loaded_by_the_command_line()
    assert "oneseat.commands.main" in loaded
    assert not {f"oneseat.{room}" for room in ("portal", "state", "store", "demo")} & loaded
    assert not {"sqlalchemy", "pydantic", "fastapi", "cryptography"} & loaded


def test_commands_that_need_no_database_load_none(tmp_path: Path) -> None:
    exam = ["--exam", str(ROOT / "exams" / "demo.toml")]
    roster = str(tmp_path / "roster.csv")
    loaded = _loaded_by_the_command_line(
        ["exam", "new", str(tmp_path / "new.toml")],
        ["exam", "show", *exam],
        ["roster", "sample", roster, "--count", "3", *exam],
        ["roster", "check", roster, *exam],
    )
    assert "oneseat.pipeline.project" in loaded
    assert "sqlalchemy" not in loaded


def test_the_installed_command_needs_no_top_level_module() -> None:
    """``oneseat`` starts from the commands' package; ``build.py`` only serves a checkout."""
    assert "build" not in _loaded_by_the_command_line()
