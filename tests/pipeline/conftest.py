"""A client small enough to freeze in a test, and an exam with keys and a signed base to issue and publish."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from oneseat.pipeline.tools.code_signing import OsslsigncodeSigner
from oneseat.pipeline.tools.identity import create_development_identity
from tests.pipeline.exam_workspace import ExamWorkspace, Rings
from tests.signing.signed_files import Base, FileSigner, base_for_copies

SMALL_CLIENT = {
    "__init__.py": '"""A small client."""\n',
    "__main__.py": "import sys\n\nfrom oneseat.client.cli import main\n\nsys.exit(main())\n",
    "cli.py": (
        "from signing import jws\n"
        "from oneseat.client import _baked\n\n\n"
        "def main():\n"
        "    return int(not (_baked.BUILD_ID and jws.b64url_encode(_baked.ROOT_PUBLIC_KEY)))\n"
    ),
}


def write_client(folder: Path, **replaced: str) -> Path:
    """The small client's sources below ``folder``, some of them replaced."""
    for name, text in {**SMALL_CLIENT, **{f"{key}.py": value for key, value in replaced.items()}}.items():
        path = folder / "client" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder / "client"


@pytest.fixture(scope="session")
def code_signer(tmp_path_factory: pytest.TempPathFactory) -> OsslsigncodeSigner:
    folder = tmp_path_factory.mktemp("ring") / "code-signing"
    return OsslsigncodeSigner(create_development_identity(folder, b"of the tests", datetime.now(UTC)))


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Rings:
    """Both key rings of the demo exam."""
    return Rings.make(tmp_path_factory.mktemp("rings"))


@pytest.fixture
def workspace(tmp_path: Path, rings: Rings) -> ExamWorkspace:
    """An empty workspace of the demo exam."""
    return ExamWorkspace(tmp_path, rings)


@pytest.fixture(scope="session")
def file_signer(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    return FileSigner.make(tmp_path_factory.mktemp("file_signer"))


@pytest.fixture(scope="session")
def signed_base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A base installer with an empty licence region, signed where the tools for it are installed."""
    return base_for_copies(tmp_path_factory.mktemp("signed-base"))
