"""The publisher that the download page names is the one in the certificate that signed the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from oneseat.portal.delivery.signer_name import signer_name
from tests.signing.signed_files import FileSigner, certificate


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    """Real programs, signed by a certificate for ``tester`` that comes with another one's."""
    return FileSigner.make(tmp_path_factory.mktemp("signed"))


@pytest.mark.parametrize("target", ["x86-unicode", "amd64-unicode"])
def test_it_is_the_signers_name_among_several_certificates(
    signer: FileSigner, target: str, tmp_path: Path
) -> None:
    other, _ = certificate(tmp_path, "an authority")
    assert signer_name(signer.signed(target, "client", "-ac", other)) == "tester"


def test_a_file_without_a_signature_has_no_publisher(signer: FileSigner, tmp_path: Path) -> None:
    assert signer_name(signer.folder / "amd64-unicode.exe") == ""
    text = tmp_path / "notes.txt"
    text.write_text("no program")
    assert signer_name(text) == ""
