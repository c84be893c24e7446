"""Loads the settings file; its values become the defaults of options (click's ``default_map``).

A setting given on the command line wins over the environment, which wins over the
settings file (``oneseat.toml`` in the current folder, or ``--config``). click takes an
environment variable before a default, so that order needs no code here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import click

from oneseat.commands.options import READING, shared_options
from oneseat.files import toml_faults
from oneseat.pipeline.errors import SettingsFileInvalid
from signing.os_faults import system_reason
from signing.text import Text, quoted

SETTINGS_FILE = "oneseat.toml"
USED = "oneseat.settings_file"
"""The key of the settings file that is used, in the meta data of click's context."""


def load_settings(ctx: click.Context, path: Path | None) -> None:
    """Make a settings file the default of every option.

    Top-level keys are shared options, or options that say how a roster is read; a table is one
    command's (``[base.build]`` for a command in a group). Names are the options' long ones, with
    hyphens or underscores.

    Raises:
        SettingsFileInvalid: the file is unreadable, not TOML, or has a setting that no command knows.
    """
    chosen = path or (Path(SETTINGS_FILE) if Path(SETTINGS_FILE).is_file() else None)
    if chosen is None:
        return
    ctx.meta[USED] = chosen.absolute()
    text = ""
    try:
        text = chosen.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
    except OSError as error:
        raise SettingsFileInvalid(file=chosen, reason=system_reason(error)) from None
    except (ValueError, RecursionError) as error:
        raise SettingsFileInvalid(file=chosen, reason=toml_faults.explain(error, text)) from None
    shared = {name: value for name, value in data.items() if not isinstance(value, dict)}
    tables = {name: value for name, value in data.items() if isinstance(value, dict)}
    _check_names(chosen, shared, {**_option_names(shared_options()), **dict.fromkeys(READING, "")})
    ctx.default_map = _defaults(chosen, cast("click.Group", ctx.command), shared, tables)


def setting_of(parameter: str, *command: str) -> object:
    """What the settings file says of another command's parameter; None where it says nothing."""
    found: Any = click.get_current_context().find_root().default_map or {}
    for name in command:
        found = found.get(name, {})
    return found.get(parameter)


def file_asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether the settings file that a command line uses sets ``json``, for failures before it is loaded."""
    named = [arguments[at + 1] for at, word in enumerate(arguments[:-1]) if word == "--config"]
    named += [word.partition("=")[2] for word in arguments if word.startswith("--config=")]
    path = Path((named or [os.environ.get("ONESEAT_CONFIG") or SETTINGS_FILE])[0])
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig")).get("json") is True
    except (OSError, ValueError, RecursionError):
        return False


def _option_names(parameters: Sequence[click.Parameter]) -> dict[str, str]:
    """Map the spellings that a settings file may use to parameter names."""
    return {
        option.removeprefix("--"): str(parameter.name)
        for parameter in parameters
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    }


def _check_names(path: Path, given: Mapping[str, object], known: Mapping[str, str]) -> None:
    for name in given:
        if name.replace("_", "-") not in known:
            raise SettingsFileInvalid(
                file=path, reason=Text(f"no command knows '{quoted(name)}'", f"没有命令使用“{quoted(name)}”")
            )


def _defaults(
    path: Path, group: click.Group, shared: Mapping[str, Any], tables: Mapping[str, Any]
) -> dict[str, Any]:
    _check_tables(path, group, tables)
    defaults: dict[str, Any] = {}
    for name, command in group.commands.items():
        table = tables.get(name, {})
        if isinstance(command, click.Group):
            defaults[name] = _defaults(path, command, shared, table)
            continue
        known = _option_names(command.params)
        _check_names(path, table, known)
        here = {name: value for name, value in shared.items() if name.replace("_", "-") in known}
        defaults[name] = {known[key.replace("_", "-")]: value for key, value in {**here, **table}.items()}
        _wrap_single_values(command, defaults[name])
    return defaults


def _wrap_single_values(command: click.Command, defaults: dict[str, Any]) -> None:
    """Make a text that is given for an option with several values a list of one."""
    for parameter in command.params:
        name = str(parameter.name)
        if getattr(parameter, "multiple", False) and isinstance(defaults.get(name), str):
            defaults[name] = [defaults[name]]


def _check_tables(path: Path, group: click.Group, tables: Mapping[str, Any]) -> None:
    for name, table in tables.items():
        if name not in group.commands or not isinstance(table, dict):
            raise SettingsFileInvalid(
                file=path, reason=Text(f"no command knows '{quoted(name)}'", f"没有命令使用“{quoted(name)}”")
            )
