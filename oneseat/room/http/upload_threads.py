"""Threads that write uploads into a folder, apart from those of other calls, and few.

A write is a dozen short system calls, each of which gives up the interpreter's lock and takes it back. With
the framework's forty threads, most of a busy room's CPU time was spent on handing that lock around, and beats
waited for seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

THREADS = 8
"""Writes at once. Each waits for the disk most of the time; a disk joins their syncs into few."""

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")


class UploadThreads:
    """A thread pool of :data:`THREADS`; further writes wait in order."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="room-upload")

    async def run(self, function: Callable[[*_Arguments], _Result], *arguments: *_Arguments) -> _Result:
        """Run a function in one of the threads.

        Raises:
            Exception: what the function raises.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    def close(self) -> None:
        """Wait for the writes under way; later ones are refused by the pool."""
        self._pool.shutdown()
