"""Runs a command line; everything that a command raises is caught here and mapped to an exit status."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import click

from oneseat.commands import faults, settings, shells, streams
from oneseat.commands.console import Console
from oneseat.pipeline.errors import MachineRefused
from oneseat.pipeline.workers.interrupts import Stopped, interruptible
from signing.clock import Clock
from signing.errors import OneSeatError
from signing.os_faults import system_reason
from signing.text import Text, quoted

INTERRUPTED = 130
"""The exit status after Ctrl-C (128 + SIGINT); it is 143 after SIGTERM and 129 after SIGHUP."""

_USAGE = Text(
    "See the usage that standard error shows, or add --help.", "用法见标准错误输出，或加上 --help 查看。"
)
_INTERRUPTED = Text("Interrupted.", "已中断。")
_RUN_AGAIN = Text("Run the same command again to go on.", "重新运行同一命令即可继续。")


def run(group: click.Group, arguments: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """Run a command line, print a refusal if there is one, and return the exit status.

    0 is success, 2 a usage error, 128 and a signal's number an interruption; see docs/reference/errors.md for
    refusals. With ``--json`` each of them but success prints one JSON object too.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    ctx: click.Context | None = None
    with interruptible() as signals:
        try:
            if (completed := shells.answer(group)) is not None:
                return completed
            with group.make_context(shells.PROGRAM, list(given)) as ctx:
                ctx.meta["clock"] = clock
                group.invoke(ctx)
                sys.stdout.flush()
        except click.exceptions.Exit as leave:
            return leave.exit_code
        except BrokenPipeError:
            streams.discard_output()
        except (click.Abort, KeyboardInterrupt) as interruption:
            streams.settle_output()
            return _interrupted(_console(given, ctx), interruption, signals.exit_status(interruption))
        except Exception as error:  # noqa: BLE001 -- the last catch of the command line
            streams.settle_output()
            return _end(_console(given, ctx), error)
    return 0


def _console(given: Sequence[str], ctx: click.Context | None) -> Console:
    """Return the console of the command that failed, or one for a failure before there was a command."""
    made = ctx.meta.get("console") if ctx is not None else None
    return made if isinstance(made, Console) else Console(as_json=_wants_json(given))


def _wants_json(given: Sequence[str]) -> bool:
    if "--json" in given:
        return True
    from_environment = os.environ.get("ONESEAT_JSON", "").strip().lower()
    return from_environment in ("1", "true", "t", "yes", "y", "on") or settings.file_asks_for_json(given)


def _end(console: Console, error: Exception) -> int:
    if isinstance(error, click.ClickException):
        usage = io.StringIO()
        error.show(usage)
        console.note(usage.getvalue())
        console.failure(error.exit_code, _usage_fault(error), _USAGE)
        return error.exit_code
    refusal = _refusal(error)
    console.refuse(refusal)
    return refusal.exit_status


def _usage_fault(error: click.ClickException) -> Text:
    bare = isinstance(error, click.exceptions.NoArgsIsHelpError)  # its message is the whole help
    return Text(
        "A command is missing." if bare else quoted(error.format_message()),
        "命令行不完整，缺少子命令。" if bare else "命令行用法有误，详情见英文说明。",
    )


def _interrupted(console: Console, interruption: BaseException, status: int) -> int:
    cause = _INTERRUPTED
    if isinstance(interruption, Stopped):
        rows = f"{interruption.rows:,}"
        cause = Text(f"Stopped after {rows} rows; they are kept.", f"已处理 {rows} 行，结果已保留。")
    console.warn(f"{cause.en} {_RUN_AGAIN.en}")
    console.failure(status, cause, _RUN_AGAIN)
    return status


def _refusal(error: Exception) -> OneSeatError:
    if isinstance(error, OneSeatError):
        return error
    if isinstance(error, OSError):
        reason = system_reason(error)
        return MachineRefused(reason=reason if error.filename is None else reason.about(error.filename))
    return faults.refusal_of(error)
