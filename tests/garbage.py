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


def pytest_configure(config: pytest.Config) -> None:
    """Take it in again at the end, so that nothing is left over when the process ends.

    Cleanups run in the reverse order, and those of pytest's own plugins are added later: they collect garbage
    twice to find what was left open, which takes seconds where they visit the collected tests too.
    """
    config.add_cleanup(gc.unfreeze)
