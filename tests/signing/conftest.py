from __future__ import annotations

import pytest

from tests.signing.signed_files import Base, Workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop.make(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def base(workshop: Workshop) -> Base:
    return workshop.base(workshop.signed("amd64-unicode", "base"))
