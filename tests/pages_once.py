"""Templates are compiled once a process for all portals and rooms; each server would compile its own.

A program has one server, and so compiles each once as well. All of a room's take a third of a second.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from oneseat.web import pages


class _InMemory(BytecodeCache):
    """Keeps what Jinja2 compiled; a bucket's key holds the template's name and content."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        compiled = self._compiled.get((bucket.key, bucket.checksum))
        if compiled is not None:
            bucket.bytecode_from_string(compiled)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def _pages_once() -> Iterator[None]:
    """Servers of one process share what Jinja2 compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "Environment", functools.partial(Environment, bytecode_cache=_InMemory()))
        yield
