from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.batches import Desk, Rings
from tests.signing.signed_files import Base, Workshop


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Rings:
    return Rings.make(tmp_path_factory.mktemp("rings"))


@pytest.fixture
def desk(tmp_path: Path, rings: Rings) -> Desk:
    return Desk(tmp_path, rings)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop.make(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def signed_base(workshop: Workshop) -> Base:
    """A real, signed base installer with an empty licence region."""
    return workshop.base(workshop.signed("amd64-unicode", "base"))
