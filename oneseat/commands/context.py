"""What all commands share: their common options, where settings come from, and the one place that catches.

A setting given on the command line wins over the environment, which wins over the
settings file (``oneseat.toml`` in the current folder, or ``--config``).
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from oneseat.pipeline.console import Console
from oneseat.pipeline.errors import MachineRefused, PassphraseMissing, PasswordRefused, SettingsFileInvalid
from oneseat.pipeline.project import Project
from oneseat.pipeline.workers.interrupts import Stopped
from signing.charter import Charter
from signing.clock import Clock, SystemClock
from signing.errors import OneSeatError

if TYPE_CHECKING:
    from oneseat.state.database import Database

SETTINGS_FILE = "oneseat.toml"
INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it (128 + SIGINT)."""

_SHARED = ("exam", "workspace", "state", "store", "passphrase_file", "as_json", "verbose")


class Context:
    """What a command is given: the console, the clock, and the project it works on."""

    def __init__(self, shared: Mapping[str, Any], clock: Clock) -> None:
        self.clock = clock
        self.console = Console(as_json=shared["as_json"], verbose=shared["verbose"])
        self.root: Path = shared["workspace"].absolute()  # tools run in folders of their own
        self.exam_file: Path = shared["exam"].absolute()
        self._passphrase_file: Path | None = shared["passphrase_file"]
        self._state: str | None = shared["state"]
        self._store: str | None = shared["store"]

    def project(self, *, new_passphrase: bool = False) -> Project:
        """The project; a passphrase that is made now is asked for twice."""
        return Project(
            self.exam_file,
            self.root,
            lambda: self._passphrase(confirm=new_passphrase),
            self.clock,
            self._state,
            self._store,
        )

    def charter(self) -> Charter:
        """The exam's charter in force, or the newest signed where none is; no passphrase is asked for.

        Raises:
            CharterUnsigned: there is none.
            KeyMissing, KeyRingBroken: there is no ring whose root key it could be held against.
        """
        from oneseat.pipeline.making import charter_without_passphrase

        return charter_without_passphrase(self.project())

    def state(self) -> Database:
        """The exam's state, for commands that only read it; no passphrase is asked for.

        Raises:
            StateAbsent, StateUnavailable: there is none, or it cannot be read.
        """
        from oneseat.state.database import Database

        return Database.open(self.project().state_url)

    def operator_password(self, path: Path | None) -> str:
        """A new password for an operator, from a file or a prompt that asks twice.

        Raises:
            PasswordRefused: the file cannot be read, or there is no terminal to ask at.
        """
        from oneseat.pipeline.accounts.operators import read_password

        if path is not None:
            return read_password(path)
        if not sys.stdin.isatty():
            raise PasswordRefused(reason="no terminal to ask at")
        asked: str = click.prompt("Operator's password", hide_input=True, confirmation_prompt=True, err=True)
        return asked

    def pin(self, path: Path | None) -> bytes:
        """A token's PIN, from a file or a prompt.

        Raises:
            PassphraseMissing: the file cannot be read or is empty, or there is no terminal to ask at.
        """
        if path is not None:
            return _passphrase_from(path)
        if not sys.stdin.isatty():
            raise PassphraseMissing(reason="no terminal to ask for the PIN at")
        asked: str = click.prompt("PIN", hide_input=True, err=True)
        return asked.encode()

    def _passphrase(self, *, confirm: bool) -> bytes:
        if self._passphrase_file is not None:
            return _passphrase_from(self._passphrase_file)
        if from_environment := os.environ.get("ONESEAT_PASSPHRASE"):
            return from_environment.encode()
        if not sys.stdin.isatty():
            raise PassphraseMissing(reason="no terminal to ask at")
        asked: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
        return asked.encode()


def _passphrase_from(path: Path) -> bytes:
    try:
        passphrase = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise PassphraseMissing(reason=f"{path.name}: {error.strerror}") from None
    if not passphrase:
        raise PassphraseMissing(reason=f"{path.name} is empty")
    return passphrase


def shared_options() -> list[click.Option]:
    """The options that every command takes, fresh ones for each."""
    path = click.Path(path_type=Path)
    return [
        click.Option(
            ["--exam"],
            type=click.Path(path_type=Path, dir_okay=False),
            default=Path("exams/demo.toml"),
            show_default=True,
            envvar="ONESEAT_EXAM",
            help="The exam file.",
        ),
        click.Option(
            ["--workspace"],
            type=path,
            default=Path("dist"),
            show_default=True,
            envvar="ONESEAT_WORKSPACE",
            help="Where everything that is made goes, a folder for each exam.",
        ),
        click.Option(
            ["--state"],
            envvar="ONESEAT_STATE",
            metavar="URL",
            help="The state database's URL; the workspace's own SQLite file unless given.",
        ),
        click.Option(
            ["--store"],
            envvar="ONESEAT_STORE",
            metavar="ADDRESS",
            help="Where published files go: a folder, or s3://bucket/prefix; else the workspace's own.",
        ),
        click.Option(
            ["--passphrase-file"],
            type=path,
            envvar="ONESEAT_PASSPHRASE_FILE",
            help="A file with the keys' passphrase; else ONESEAT_PASSPHRASE, else a prompt.",
        ),
        click.Option(
            ["--json", "as_json"], is_flag=True, envvar="ONESEAT_JSON", help="Print one JSON object."
        ),
        click.Option(["-v", "--verbose"], is_flag=True, envvar="ONESEAT_VERBOSE", help="Say more."),
    ]


class Job(click.Command):
    """A command that takes the shared options and hands its function a :class:`Context`."""

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 -- click's own
        super().__init__(*args, **settings)
        self.params += shared_options()

    def invoke(self, ctx: click.Context) -> object:
        """Run the command with the shared options made into its context."""
        shared = {name: ctx.params.pop(name) for name in _SHARED}
        clock: Clock = ctx.find_root().meta.get("clock") or SystemClock()
        ctx.obj = Context(shared, clock)
        return super().invoke(ctx)


class Moment(click.ParamType[datetime]):
    """A time with an offset, RFC 3339."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware time; a usage error otherwise."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("not a time such as 2035-01-04T12:00+08:00", param, ctx)
        if moment.tzinfo is None:
            self.fail("it needs an offset, such as +08:00", param, ctx)
        return moment


class Jobs(click.Group):
    """A group whose commands are jobs, listed in the order in which they are written."""

    command_class = Job
    group_class = type

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """The commands in the order of the flow, not of the alphabet."""
        return list(self.commands)


def load_settings(ctx: click.Context, path: Path | None) -> None:
    """Make a settings file the default of every option.

    Top-level keys are shared options; a table is one command's (``[base.build]`` for a
    command in a group). Names are the options' long ones, with hyphens or underscores.

    Raises:
        SettingsFileInvalid: unreadable, not TOML, or a setting that no command knows.
    """
    chosen = path or (Path(SETTINGS_FILE) if Path(SETTINGS_FILE).is_file() else None)
    if chosen is None:
        return
    try:
        data = tomllib.loads(chosen.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsFileInvalid(file=chosen, reason=error.strerror or "unreadable") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsFileInvalid(file=chosen, reason=str(error)) from None
    shared = {name: value for name, value in data.items() if not isinstance(value, dict)}
    tables = {name: value for name, value in data.items() if isinstance(value, dict)}
    _check_names(chosen, shared, _option_names(shared_options()))
    ctx.default_map = _defaults(chosen, cast("click.Group", ctx.command), shared, tables)


def _option_names(parameters: Sequence[click.Parameter]) -> dict[str, str]:
    """Parameter names by the spellings that a settings file may use."""
    return {
        option.removeprefix("--"): str(parameter.name)
        for parameter in parameters
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    }


def _check_names(path: Path, given: Mapping[str, object], known: Mapping[str, str]) -> None:
    for name in given:
        if name.replace("_", "-") not in known:
            raise SettingsFileInvalid(file=path, reason=f"no command knows '{name}'")


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
        defaults[name] = {known[key.replace("_", "-")]: value for key, value in {**shared, **table}.items()}
    return defaults


def _check_tables(path: Path, group: click.Group, tables: Mapping[str, Any]) -> None:
    for name, table in tables.items():
        if name not in group.commands or not isinstance(table, dict):
            raise SettingsFileInvalid(file=path, reason=f"no command knows '{name}'")


def run(group: click.Group, arguments: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """Run a command line and return its exit status: the one place where refusals are caught.

    0 is success, 2 a wrong command line, 130 an interruption; every refusal has its own.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(as_json="--json" in given)
    try:
        with group.make_context("oneseat", given) as ctx:
            ctx.meta["clock"] = clock
            group.invoke(ctx)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except Stopped as stopped:
        console.warn(
            f"Stopped after {stopped.rows:,} rows; they are kept. Run the same command again to go on."
        )
        return INTERRUPTED
    except (click.Abort, KeyboardInterrupt):
        console.warn("Interrupted. Run the same command again to go on.")
        return INTERRUPTED
    except (OneSeatError, OSError) as error:
        return _refused(console, error)
    return 0


def _refused(console: Console, error: OneSeatError | OSError) -> int:
    if isinstance(error, BrokenPipeError):  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    refusal = error if isinstance(error, OneSeatError) else MachineRefused(reason=_said_by(error))
    console.refuse(refusal)
    return refusal.exit_status


def _said_by(error: OSError) -> str:
    return ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
