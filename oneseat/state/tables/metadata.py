"""The metadata of all tables, whatever a process has imported so far."""

from __future__ import annotations

import importlib
import pkgutil

from sqlalchemy import MetaData

from oneseat.state import tables
from oneseat.state.tables.base import Base


def whole_metadata() -> MetaData:
    """Import every module of this package, each of which adds its tables, and return their metadata."""
    for module in pkgutil.iter_modules(tables.__path__, f"{tables.__name__}."):
        importlib.import_module(module.name)
    return Base.metadata
