"""Statements are compiled once a process for all databases of a kind: each engine would compile its own.

Nearly every test opens a database of its own, in which each statement would be new. A program has one engine,
and so compiles each once as well. What is compiled depends on the driver and on the server's version, which
all engines of a run share, and not on the database or its schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.util import LRUCache

from oneseat.state import database

_STATEMENTS = 3000
"""How many compiled statements are kept: more than there are."""

_Key = tuple[Any, ...]


class _Compiled(LRUCache[_Key, Any]):
    """SQLAlchemy's cache of compiled statements, whose keys begin with an engine's own dialect."""

    def get(self, key: _Key, default: Any = None) -> Any:
        return super().get(_of_any_engine(key), default)

    def __setitem__(self, key: _Key, compiled: Any) -> None:
        super().__setitem__(_of_any_engine(key), compiled)


def _of_any_engine(key: _Key) -> _Key:
    return type(key[0]), *key[1:]


@pytest.fixture(scope="session", autouse=True)
def _statements_once() -> Iterator[None]:
    """On for the whole run."""
    compiled = _Compiled(_STATEMENTS)

    def create(url: Any, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        engine._compiled_cache = compiled
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", create)
        yield
