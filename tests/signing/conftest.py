from __future__ import annotations

import pytest

from tests.signing.apk_files import ApkSigner
from tests.signing.signed_files import Base, FileSigner


@pytest.fixture(scope="session")
def file_signer(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    return FileSigner.make(tmp_path_factory.mktemp("file_signer"))


@pytest.fixture(scope="session")
def base(file_signer: FileSigner) -> Base:
    return file_signer.base(file_signer.signed("amd64-unicode", "base"))


@pytest.fixture(scope="session")
def apk_signer(tmp_path_factory: pytest.TempPathFactory) -> ApkSigner:
    return ApkSigner.make(tmp_path_factory.mktemp("apk_signer"))


@pytest.fixture(scope="session")
def apk_base(apk_signer: ApkSigner) -> Base:
    return apk_signer.base(apk_signer.signed("signed", "v2", "v3"))
