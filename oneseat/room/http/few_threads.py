"""Threads for one kind of call, apart from those of other calls, and few.

A call that writes consists of many short system calls, each of which gives up the interpreter's lock and
takes it back. With the framework's forty threads, most of a busy room's CPU time was spent on handing that
lock around, and beats waited for seconds: the event loop and the thread that commits their groups stood in
line with forty others each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

UPLOADS = 8
"""Uploads that are written into a folder at once. Each waits for the disk most of the time; a disk joins
their syncs into few."""
HAND_INS = 4
"""Hand-ins at once where recordings are in a folder: each needs the database's one lock and the processor."""
HAND_INS_INTO_BUCKET = 32
"""The same where each lists a bucket, and waits for the network."""

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")


class FewThreads:
    """A thread pool of ``most`` threads; further calls wait in order."""

    def __init__(self, name: str, most: int) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix=name)

    async def run(self, function: Callable[[*_Arguments], _Result], *arguments: *_Arguments) -> _Result:
        """Run a function in one of the threads.

        Raises:
            Exception: what the function raises.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    def close(self) -> None:
        """Wait for the calls under way; later ones are refused by the pool."""
        self._pool.shutdown()


def upload_threads() -> FewThreads:
    """Threads that write uploads into a folder."""
    return FewThreads("room-upload", UPLOADS)


def hand_in_threads(*, has_bucket: bool) -> FewThreads:
    """Threads that hand in, and complete what is handed in."""
    return FewThreads("room-hand-in", HAND_INS_INTO_BUCKET if has_bucket else HAND_INS)
