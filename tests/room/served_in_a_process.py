"""Serves a room in a process that a test can kill."""

from __future__ import annotations

import sys

from oneseat.room.serve import serve
from oneseat.room.settings import RoomSettings


def main(settings: str) -> None:
    """Serve with settings in JSON, and print the address."""
    serve(RoomSettings.model_validate_json(settings), "127.0.0.1", 0, _say)


def _say(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
