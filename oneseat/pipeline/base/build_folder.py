"""The folder in which bases are built: one build at a time, atomic results, the log of a tool that failed."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from oneseat.files.atomic import write_atomic
from oneseat.pipeline.base.errors import AlreadyRunning, BaseMissing
from oneseat.pipeline.base.finished import CURRENT, Base, read_base
from oneseat.pipeline.output_faults import unwritable
from oneseat.pipeline.tools.errors import ToolEndedBadly

LOG = "failed-build.log"
_WORK = ".building-"


@dataclass(frozen=True)
class BuildFolder:
    """A folder of finished bases, each in a folder named by its cache key."""

    path: Path

    def cached_or_built(self, key: str, build: Callable[[Path], Path], *, rebuild: bool) -> Base:
        """Return the base with this key, or build it and rename it into place atomically.

        ``build`` gets a working folder and returns the finished folder in it.

        Raises:
            AlreadyRunning: another run builds here.
            OutputUnwritable: the disk is full or the folder is not writable.
            Otherwise what ``build`` raises.
        """
        with self._held():
            target = self.path / key
            base = None if rebuild else read_base(target)
            if base is None:
                with self._working_folder() as work:
                    _replace(build(work), target)
                base = read_base(target, built=True)
            if base is None:
                raise BaseMissing(folder=target)
            write_atomic(self.path / CURRENT, [json.dumps({"key": key}).encode() + b"\n"], durable=False)
            return base

    @contextlib.contextmanager
    def working(self) -> Iterator[Path]:
        """Yield a temporary working folder for the block, with the same care as :meth:`cached_or_built`."""
        with self._held(), self._working_folder() as work:
            yield work

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        with _writable(self.path), locked(self.path), self._log_kept():
            yield

    @contextlib.contextmanager
    def _working_folder(self) -> Iterator[Path]:
        """Create a temporary folder on the result's file system, so that the result can be renamed.

        The lock is held, so the working folders that are there belong to runs that were killed.
        """
        for stale in self.path.glob(f"{_WORK}*"):
            shutil.rmtree(stale, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_WORK, dir=self.path) as folder:
            yield Path(folder)

    @contextlib.contextmanager
    def _log_kept(self) -> Iterator[None]:
        """Write the whole output of a tool that fails in the block to a file, and name it in the refusal."""
        log = self.path / LOG
        log.unlink(missing_ok=True)
        try:
            yield
        except ToolEndedBadly as refusal:
            if refusal.output:
                log.write_text(refusal.output + "\n", "utf-8")
                refusal.log = log
            raise


def _replace(finished: Path, target: Path) -> None:
    """Rename a finished folder to its name; an older folder of that name is moved away first."""
    if target.exists():
        target.rename(finished.parent / "replaced")
    finished.rename(target)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of builds in a folder for the block.

    Raises:
        AlreadyRunning: a build runs there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise AlreadyRunning(folder=folder) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Create the folder, and refuse write errors in the block as :func:`unwritable`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        path = error.filename or folder
        raise unwritable(path, error) from error
