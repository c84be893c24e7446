from __future__ import annotations

import pytest

from tests.signing.signed_files import Base, FileSigner


@pytest.fixture(scope="session")
def file_signer(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    return FileSigner.make(tmp_path_factory.mktemp("file_signer"))


@pytest.fixture(scope="session")
def base(file_signer: FileSigner) -> Base:
    return file_signer.base(file_signer.signed("amd64-unicode", "base"))
