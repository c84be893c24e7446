"""Shared options and parameter types, and the classes that add the shared options to every command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from oneseat.commands.context import Context
from oneseat.pipeline.workers.pool import WorkerOptions
from signing.clock import Clock, SystemClock

F = TypeVar("F", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)
pass_context = click.pass_obj
"""Gives a command's function its :class:`Context`."""

timestamp_url_option = click.option(
    "--timestamp-url", metavar="URL", help="RFC 3161 server that timestamps the signatures."
)
thumbprint_option = click.option(
    "--thumbprint", help="On Windows: SHA-1 of a certificate in its store, instead of the workspace's."
)

phone_key_option = click.option(
    "--phone-key",
    type=PATH,
    envvar="ONESEAT_PHONE_KEY",
    help="PKCS#12 file with the RSA key that signs the phone app, instead of the workspace's.",
)

COLUMNS = ("name", "id_number", "admission_number", "session", "paper", "extra_minutes", "adjustments")
"""The columns that ``--column`` can name."""

READING = ("sheet", "column")
"""Options of all commands that read a roster. A settings file may set them at its top."""

trust_clock_option = click.option(
    "--trust-clock",
    is_flag=True,
    help="Sign although this computer's clock looks wrong; noted in the audit log.",
)

_UNLIMITED = 10_000
_SHARED = ("exam", "workspace", "state", "store", "passphrase_file", "as_json", "verbose", "quiet")


def shared_options() -> list[click.Option]:
    """Create the options that every command takes."""
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
            type=PATH,
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
            type=PATH,
            envvar="ONESEAT_PASSPHRASE_FILE",
            help="A file with the keys' passphrase; else ONESEAT_PASSPHRASE, else a prompt.",
        ),
        click.Option(
            ["--json", "as_json"], is_flag=True, envvar="ONESEAT_JSON", help="Print one JSON object."
        ),
        click.Option(["-v", "--verbose"], is_flag=True, envvar="ONESEAT_VERBOSE", help="Say more."),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            envvar="ONESEAT_QUIET",
            help="Say nothing but results, warnings and refusals.",
        ),
    ]


class Command(click.Command):
    """A command that takes the shared options and hands its function a :class:`Context`."""

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 -- click's own
        super().__init__(*args, **settings)
        self.params += shared_options()

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 -- click's signature
        """Return the whole first sentence of the help, which wraps in a narrow terminal."""
        return super().get_short_help_str(_UNLIMITED)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command with the shared options made into its context."""
        shared = {name: ctx.params.pop(name) for name in _SHARED}
        clock: Clock = ctx.find_root().meta.get("clock") or SystemClock()
        ctx.obj = Context(shared, clock)
        ctx.meta["console"] = ctx.obj.console
        return super().invoke(ctx)


class Group(click.Group):
    """A group of :class:`Command`, listed in the order in which they are written."""

    command_class = Command
    group_class = type

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 -- click's signature
        """Return the whole first sentence of the help, as a command does."""
        return super().get_short_help_str(_UNLIMITED)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """Return the commands in the order of the workflow instead of the alphabet."""
        return list(self.commands)


class Moment(click.ParamType[datetime]):
    """A time with an offset, RFC 3339."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse an aware time, or fail with a usage error."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("not a time such as 2035-01-04T12:00+08:00", param, ctx)
        if moment.tzinfo is None:
            self.fail("it needs an offset, such as +08:00", param, ctx)
        return moment


def reading_options(command: F) -> F:
    """Add ``--sheet`` and ``--column``; the function gets a ``Reading`` named ``reading``."""

    @wraps(command)
    def with_reading(*args: Any, sheet: str | None, column: tuple[str, ...], **options: Any) -> Any:  # noqa: ANN401
        from oneseat.pipeline.roster import Reading

        return command(*args, reading=Reading(sheet, tuple(map(_column_title, column))), **options)

    for option in (
        click.option(
            "--column",
            multiple=True,
            metavar="COLUMN=TITLE",
            help="Use the column with this title as name, id_number, admission_number, session, paper, "
            "extra_minutes or adjustments; may be given again.",
        ),
        click.option(
            "--sheet", metavar="NAME", help="The sheet to read, or 'all'; the only visible list unless given."
        ),
    ):
        with_reading = option(with_reading)
    return with_reading  # type: ignore[return-value]


def _column_title(text: str) -> tuple[str, str]:
    column, _, title = text.partition("=")
    column = column.strip().replace("-", "_")
    if column not in COLUMNS or not title.strip():
        wanted = f"{text!r} is not COLUMN=TITLE with a COLUMN of {', '.join(COLUMNS)}."
        raise click.BadParameter(wanted, param_hint="--column")
    return column, title.strip()


def workers_options(command: F) -> F:
    """Add ``--workers`` and ``--scheduler``; the function gets a :class:`WorkerOptions` named ``workers``."""

    @wraps(command)
    def with_workers(*args: Any, workers: int | None, scheduler: str | None, **options: Any) -> Any:  # noqa: ANN401
        outermost = click.get_current_context().find_root().command.callback
        program = outermost.__module__ if outermost else None
        return command(*args, workers=WorkerOptions(workers, scheduler, program), **options)

    for option in (
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            envvar="ONESEAT_SCHEDULER",
            help="Work on a Dask cluster: its scheduler's address, or 'local' for one of this computer.",
        ),
        click.option(
            "--workers",
            type=click.IntRange(0, 512),
            envvar="ONESEAT_WORKERS",
            help="Processes of this computer that work; one a core unless given, 0 for none but this.",
        ),
    ):
        with_workers = option(with_workers)
    return with_workers  # type: ignore[return-value]
