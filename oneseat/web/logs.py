"""Structured logs without personal data: one JSON object a line, marked in a rehearsal."""

from __future__ import annotations

import json
import logging
from typing import IO

from signing.clock import Clock

FIELDS = (
    *("method", "route", "status", "ms", "reference", "code", "error", "address", "exams"),
    *("paper", "sha256", "holder", "holders", "alarms"),
)
"""The fields that a line may have besides its message; none is a candidate's personal data."""

REHEARSAL_MARK = "REHEARSAL"


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object. Every line of a rehearsal is marked."""

    def __init__(self, clock: Clock, *, rehearsal: bool) -> None:
        super().__init__()
        self._clock = clock
        self._rehearsal = rehearsal

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "time": self._clock.now().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if self._rehearsal:
            line["mark"] = REHEARSAL_MARK
        line.update(
            {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None}
        )
        if record.exc_info and record.exc_info[0] is not None:
            # Only the class: the message may hold what a candidate typed.
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line)


def configure(
    server: str, stream: IO[str], clock: Clock, *, rehearsal: bool, level: int = logging.INFO
) -> None:
    """Send the logs of a server (its loggers' first name) and of uvicorn to ``stream``, and nowhere else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(clock, rehearsal=rehearsal))
    for name in (server, "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level if name == server else max(level, logging.WARNING))
        logger.propagate = False
