"""A base that issuing takes for a built one, for a program that is not a test."""

from __future__ import annotations

from dataclasses import dataclass

from tests.pipeline.exam_workspace import MANIFEST


@dataclass(frozen=True)
class FakeBase:
    """As much of a base as issuing looks at."""

    manifest = MANIFEST
