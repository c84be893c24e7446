"""The options by which a command is told where its chunks are worked on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from oneseat.pipeline.workers.pool import Workers

F = TypeVar("F", bound=Callable[..., Any])


def workers_options(command: F) -> F:
    """Add ``--workers`` and ``--scheduler``; the function gets a :class:`Workers` named ``workers``."""

    @wraps(command)
    def with_workers(*args: Any, workers: int | None, scheduler: str | None, **options: Any) -> Any:  # noqa: ANN401
        return command(*args, workers=Workers(workers, scheduler), **options)

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
