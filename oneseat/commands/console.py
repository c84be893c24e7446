"""Writes all output: results to standard output, everything else to standard error.

Progress, prose and warnings go to standard error. With ``--json`` a command prints one JSON object on
standard output, whether it succeeds, is refused or is interrupted. Text passes a filter on its way out: a
file name or a cell shows control characters as escapes, and its brackets are no markup.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text as RichText

from oneseat.commands import progress, streams
from oneseat.commands.progress import ProgressEvent
from oneseat.pipeline.events import ignore
from signing.errors import OneSeatError
from signing.text import Text, printable

if TYPE_CHECKING:
    from oneseat.pipeline.workers.faults import Fault


def to_json_value(value: Any) -> Any:  # noqa: ANN401 -- JSON holds anything
    """Convert a value to JSON types: records become objects, times RFC 3339, paths text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json_value(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): to_json_value(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        named = getattr(value, "_asdict", None)
        return to_json_value(named()) if named else [to_json_value(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, Path) else value


class _Terminal(RichConsole):
    """A rich console that goes on silently when the reader of its pipe has left."""

    def on_broken_pipe(self) -> None:
        """Drop the output from here on; rich would end the process with status 1."""
        self.quiet = True
        streams.discard_output()


class Console:
    """Output in the requested form: plain or coloured, prose or JSON, quiet or verbose."""

    def __init__(self, *, as_json: bool = False, verbose: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.verbose = verbose
        self.quiet = quiet
        no_color = bool(os.environ.get("NO_COLOR"))
        width = None if sys.stdout.isatty() else 120
        self._answered = False
        self._out = _Terminal(no_color=no_color, highlight=False, soft_wrap=True, width=width)
        self._err = _Terminal(stderr=True, no_color=no_color, highlight=False, soft_wrap=True)

    def result(self, value: object, prose: str | None = None, refusal: OneSeatError | None = None) -> None:
        """Print the command's result: the object with ``--json``, the prose otherwise.

        With a ``refusal`` that is printed too.

        Raises:
            click.exceptions.Exit: there is a refusal; the command ends with its exit status.
        """
        if self.as_json:
            document = (
                to_json_value(value)
                if refusal is None
                else {**to_json_value(value), "error": error_object(refusal)}
            )
            self._write_object(document)
        elif prose:
            self._out.print(_shown(prose), markup=False)
        if refusal is not None:
            self._print_refusal(refusal)
            raise click.exceptions.Exit(refusal.exit_status)

    @contextmanager
    def stream_list(self, name: str) -> Iterator[tuple[Callable[[object], None], Callable[[object], None]]]:
        """Write a JSON object with a long list ``name``: yield functions to append an item and to finish.

        The object is buffered in a temporary file and printed after the block, so that a refusal
        leaves no partial output. The finishing function takes the object's other members.
        """
        with tempfile.TemporaryFile("w+", encoding="utf-8") as draft:
            between = "\n"

            def add(item: object) -> None:
                nonlocal between
                draft.write(between + streams.json_text(to_json_value(item)))
                between = ",\n"

            def finish(value: object) -> None:
                draft.write("\n], " + streams.json_text(to_json_value(value))[1:] + "\n")

            draft.write(f'{{"{name}": [')
            yield add, finish
            draft.seek(0)
            self._answered = True
            with streams.tolerate_closed_pipe():
                shutil.copyfileobj(draft, sys.stdout)
                sys.stdout.flush()

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table; nothing with ``--json``."""
        if self.as_json:
            return
        table = Table(title=_cell(title), title_justify="left", title_style="bold", header_style="bold")
        for column in columns:
            table.add_column(_cell(column), overflow="fold")
        for row in rows:
            table.add_row(*map(_cell, row))
        self._out.print(table)

    def faults(self, faults: Sequence[Fault]) -> None:
        """Print the first faults of a run as a table, if there are any."""
        if faults:
            rows = [(fault.where, fault.code, fault.cause.zh, fault.cause.en) for fault in faults]
            self.table("Faults", ["entry", "code", "原因", "cause"], rows)

    def line(self, text: str) -> None:
        """Print a line of a result that is prose."""
        self._out.print(_shown(text), markup=False)

    def step(self, message: str) -> None:
        """Print the step that begins now; nothing with ``--quiet``."""
        if not self.quiet:
            self._err.print(_shown(message), style="cyan", markup=False)

    def detail(self, message: str) -> None:
        """Print a detail with ``--verbose`` only."""
        if self.verbose:
            self._err.print(_shown(message), style="dim", markup=False)

    def progress(self) -> AbstractContextManager[Callable[[ProgressEvent], None]]:
        """Show progress for the block: live on a terminal, a line every few seconds in a log.

        Nothing is shown with ``--quiet``.
        """
        if self.quiet:
            return nullcontext(ignore)
        return progress.show_progress(self._err)

    def note(self, message: str) -> None:
        """Print prose of several lines, such as a usage."""
        self._err.print(_shown(message), markup=False, end="")

    def warn(self, message: str) -> None:
        """Print a warning."""
        self._err.print(_shown(message), style="bold yellow", markup=False)

    def refuse(self, error: OneSeatError) -> None:
        """Print a refusal: code, cause and remedy on standard error, and as JSON with ``--json``."""
        self._print_refusal(error)
        self._fail(error_object(error))

    def failure(self, status: int, cause: Text, remedy: Text) -> None:
        """Print the JSON object of an outcome that has no code, such as a usage error; nothing without it."""
        outcome = {"code": None, "exit_status": status}
        self._fail({**outcome, "cause": cause._asdict(), "remedy": remedy._asdict()})

    def _fail(self, error: dict[str, object]) -> None:
        # One object is promised: a failure after the result was printed shows in the status alone.
        if self.as_json and not self._answered:
            with suppress(OSError):
                self._write_object({"error": error})

    def _write_object(self, document: object) -> None:
        self._answered = True
        with streams.tolerate_closed_pipe():
            sys.stdout.write(streams.json_text(document) + "\n")
            sys.stdout.flush()

    def _print_refusal(self, error: OneSeatError) -> None:
        self._err.print(f"{error.code}: {error.cause_text.en}", style="bold red", markup=False)
        self._err.print(error.remedy_text.en, markup=False)
        self._err.print(f"{error.cause_text.zh}{error.remedy_text.zh}", style="dim", markup=False)


def _shown(prose: str) -> str:
    return printable(prose, keep="\n\t")


def _cell(value: object) -> RichText:
    """Make a cell or title: its text as it is, so that ``[red]`` in a file name is no markup."""
    return RichText(_shown(str(value)))


def error_object(error: OneSeatError) -> dict[str, object]:
    """Convert a refusal to a JSON object."""
    return {
        "code": error.code,
        "exit_status": error.exit_status,
        "cause": error.cause_text._asdict(),
        "remedy": error.remedy_text._asdict(),
    }
