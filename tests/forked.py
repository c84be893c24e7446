"""Processes that a test kills or that work at once: forks of a process that has loaded what they need.

Loading it takes most of a short process's time. It is not the test's own process that is forked: nothing but
modules is there before a process begins, and the keys that the test process has derived.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Self

from signing.authority.keys import KeyRing
from tests.derived_keys import DERIVED, derive_once

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.forked_preloaded"])


class Forked:
    """A process that calls a function of a module, with what it prints in ``stdout``."""

    def __init__(self, function: Callable[..., object], *arguments: object, **environment: str) -> None:
        """Start it, in this process's environment with these variables besides."""
        reader, writer = PROCESSES.Pipe(duplex=False)
        variables = {**os.environ, **environment}
        self._process = PROCESSES.Process(
            target=_call, args=(writer, variables, DERIVED, function, arguments), daemon=True
        )
        self._process.start()
        writer.close()
        self.stdout = os.fdopen(os.dup(reader.fileno()), encoding="utf-8")
        reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.is_alive()

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait for its end and return its status, None where it does not end within the time."""
        self._process.join(seconds)
        return self._process.exitcode

    def kill(self) -> None:
        """Kill it if it runs (SIGKILL), and wait for its end."""
        self._process.kill()
        self._process.join()
        self.stdout.close()


def _call(
    writer: Connection,
    variables: Mapping[str, str],
    derived: Mapping[tuple[bytes, bytes], bytes],
    function: Callable[..., object],
    arguments: tuple[object, ...],
) -> None:
    """Call the function in the forked process, with the pipe as standard output."""
    os.dup2(writer.fileno(), 1)
    writer.close()
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    os.environ.clear()
    os.environ.update(variables)
    DERIVED.update(derived)
    setattr(KeyRing, "_wrapping_key", derive_once)  # noqa: B010 -- mypy takes no other way
    function(*arguments)
    sys.stdout.flush()
