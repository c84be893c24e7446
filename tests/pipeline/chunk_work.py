"""Functions that the tests of the worker pool send to workers: some return, some kill their worker."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from oneseat.pipeline.workers import pool


def squares(chunk: list[int]) -> tuple[int, list[int]]:
    """Return the worker's process, and the squares."""
    return os.getpid(), [number * number for number in chunk]


def read_passphrase(_: int) -> bytes | None:
    """Return the worker's passphrase."""
    return pool.passphrase()


def is_loaded(module: str) -> bool:
    """Whether the worker has imported a module."""
    return module in sys.modules


def refuse(number: int) -> int:
    """Refuses the seventh chunk."""
    if number == 7:
        raise ValueError("seven")
    return number


def slow(number: int) -> int:
    """Takes its time."""
    time.sleep(0.02)
    return number


def die_once(where: str, number: int) -> int:
    """Kills its worker at the fifth chunk, the first time only."""
    mark = Path(where, "died")
    if number == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    with Path(where, f"done-{number}").open("a") as file:
        file.write("x")
    return number


def deadly(number: int) -> int:
    """Kills its worker at the fifth chunk, every time."""
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def deadly_always(_: int) -> int:
    """Kills its worker at any chunk."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError
