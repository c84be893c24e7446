"""Runs a command line; all refusals are caught here and mapped to exit statuses."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from oneseat.commands.console import Console
from oneseat.pipeline.errors import MachineRefused
from oneseat.pipeline.workers.interrupts import Stopped, interruptible
from signing.clock import Clock
from signing.errors import OneSeatError

INTERRUPTED = 130
"""The exit status after Ctrl-C (128 + SIGINT); it is 143 after SIGTERM and 129 after SIGHUP."""


def run(group: click.Group, arguments: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """Run a command line, print a refusal if there is one, and return the exit status.

    0 is success, 2 a usage error, 128 and a signal's number an interruption; see docs/reference/errors.md for
    refusals.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(as_json="--json" in given)
    with interruptible() as signals:
        try:
            with group.make_context("oneseat", given) as ctx:
                ctx.meta["clock"] = clock
                group.invoke(ctx)
        except click.exceptions.Exit as leave:
            return leave.exit_code
        except click.ClickException as usage_error:
            usage_error.show()
            return usage_error.exit_code
        except (click.Abort, KeyboardInterrupt) as interruption:
            console.warn(_last_words(interruption))
            return signals.exit_status(interruption)
        except (OneSeatError, OSError) as error:
            return _refuse(console, error)
    return 0


def _last_words(interruption: BaseException) -> str:
    if isinstance(interruption, Stopped):
        return (
            f"Stopped after {interruption.rows:,} rows; they are kept. Run the same command again to go on."
        )
    return "Interrupted. Run the same command again to go on."


def _refuse(console: Console, error: OneSeatError | OSError) -> int:
    if isinstance(error, BrokenPipeError):  # such as `| head`: the reader closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    refusal = error if isinstance(error, OneSeatError) else MachineRefused(reason=_reason(error))
    console.refuse(refusal)
    return refusal.exit_status


def _reason(error: OSError) -> str:
    return ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
