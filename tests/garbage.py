"""Keeps the garbage collector away from the collected tests, which stay until the end of the run.

Thousands of tests and their modules are a million objects. Without this each full collection in a later test
would visit all of them again.
"""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect the tests without collecting garbage, then leave out of its collections what is there."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    """Take it in again, so that nothing is left over when the process ends."""
    gc.unfreeze()
