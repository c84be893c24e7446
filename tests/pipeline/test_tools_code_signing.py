"""Signing Windows programs, with a certificate of our own and a timestamp authority on loopback."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import lief
import pytest

from bootstrap import layout
from oneseat.pipeline.tools import code_signing, registry
from oneseat.pipeline.tools.code_signing import OsslsigncodeSigner
from oneseat.pipeline.tools.errors import (
    CodeSigningIdentityUnusable,
    SignatureUnverified,
    TimestampUnavailable,
    ToolFailed,
    ToolMissing,
)
from oneseat.pipeline.tools.identity import CodeSigningIdentity, create_development_identity, open_identity
from oneseat.pipeline.tools.runner import Invocation, run
from tests.tsa import running_tsa

NOW = datetime.now(UTC)
PASSPHRASE = b"a passphrase of the tests"


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> CodeSigningIdentity:
    return create_development_identity(tmp_path_factory.mktemp("ring") / "code-signing", PASSPHRASE, NOW)


@pytest.fixture(scope="module")
def program() -> Path:
    """A small Windows program that carries no signature."""
    folder = layout.windows_python() / "Lib" / "distutils" / "command"
    return next(folder.glob("wininst-*-amd64.exe"))


def test_a_signed_copy_verifies_by_two_independent_readers(
    identity: CodeSigningIdentity, program: Path, tmp_path: Path
) -> None:
    signed = tmp_path / "signed.exe"
    signer = OsslsigncodeSigner(identity)
    signer.sign(program, signed, "OneSeat 考生端")
    report = signer.verify(signed)
    assert report.trusted
    assert not report.timestamped
    parsed = lief.PE.parse(str(signed))
    assert parsed is not None
    assert parsed.verify_signature() == lief.PE.Signature.VERIFICATION_FLAGS.OK
    assert list(tmp_path.iterdir()) == [signed]


def test_a_timestamp_is_fetched_and_verified(
    identity: CodeSigningIdentity, program: Path, tmp_path: Path
) -> None:
    with running_tsa(tmp_path) as tsa:
        signer = OsslsigncodeSigner(identity, timestamp_url=tsa.url, timestamp_ca=tsa.ca_file)
        signer.sign(program, tmp_path / "signed.exe", "OneSeat")
    report = signer.verify(tmp_path / "signed.exe")
    assert report.timestamped
    assert report.trusted, report.output


def test_an_absent_timestamp_server_is_named_and_nothing_is_left(
    identity: CodeSigningIdentity, program: Path, tmp_path: Path
) -> None:
    signer = OsslsigncodeSigner(identity, timestamp_url="http://127.0.0.1:9/")
    with pytest.raises(TimestampUnavailable) as caught:
        signer.sign(program, tmp_path / "signed.exe", "OneSeat")
    assert "127.0.0.1" in caught.value.diagnostics()
    assert not list(tmp_path.iterdir())


def test_an_unsigned_and_a_changed_file_are_refused(
    identity: CodeSigningIdentity, program: Path, tmp_path: Path
) -> None:
    signer = OsslsigncodeSigner(identity)
    with pytest.raises(SignatureUnverified, match="not signed"):
        signer.verify(program)
    signed = tmp_path / "signed.exe"
    signer.sign(program, signed, "OneSeat")
    data = bytearray(signed.read_bytes())
    data[len(data) // 2] ^= 1
    signed.write_bytes(data)
    with pytest.raises(SignatureUnverified, match="not those that were signed"):
        signer.verify(signed)


def test_another_certificate_is_not_trusted(
    identity: CodeSigningIdentity, program: Path, tmp_path: Path
) -> None:
    other = create_development_identity(tmp_path / "other", PASSPHRASE, NOW)
    OsslsigncodeSigner(other).sign(program, tmp_path / "signed.exe", "OneSeat")
    assert not OsslsigncodeSigner(identity).verify(tmp_path / "signed.exe").trusted


def test_a_file_that_is_no_program_shows_the_tools_last_lines(
    identity: CodeSigningIdentity, tmp_path: Path
) -> None:
    source = tmp_path / "text.exe"
    source.write_bytes(b"not a program" * 100)
    with pytest.raises(ToolFailed) as caught:
        OsslsigncodeSigner(identity).sign(source, tmp_path / "signed.exe", "OneSeat")
    assert caught.value.exit_status == 62
    assert not (tmp_path / "signed.exe").exists()


def test_the_passphrase_is_no_argument(
    identity: CodeSigningIdentity, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def watched(job: Invocation) -> str:
        seen.extend(str(word) for word in job.command)
        secret = Path(seen[seen.index("-readpass") + 1])
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        return run(job)

    monkeypatch.setattr(code_signing, "run", watched)
    OsslsigncodeSigner(identity).sign(program, tmp_path / "signed.exe", "OneSeat")
    assert seen
    assert not any(PASSPHRASE.decode() in word for word in seen)
    assert not Path(seen[seen.index("-readpass") + 1]).exists()


def test_an_absent_signer_says_how_to_mend_it(
    identity: CodeSigningIdentity, program: Path, tmp_path: Path
) -> None:
    signer = OsslsigncodeSigner(identity, program="no-such-osslsigncode")
    with pytest.raises(ToolMissing, match="osslsigncode was not found") as caught:
        signer.sign(program, tmp_path / "signed.exe", "OneSeat")
    assert "make setup" in caught.value.diagnostics()


class TestIdentity:
    def test_files_are_private_and_the_key_is_encrypted(self, identity: CodeSigningIdentity) -> None:
        assert stat.S_IMODE(identity.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(identity.key_file.stat().st_mode) == 0o600
        assert b"ENCRYPTED PRIVATE KEY" in identity.key_file.read_bytes()
        assert identity.is_development

    def test_it_is_never_overwritten(self, identity: CodeSigningIdentity) -> None:
        with pytest.raises(CodeSigningIdentityUnusable, match="exists already"):
            create_development_identity(identity.folder, PASSPHRASE, NOW)

    def test_a_wrong_passphrase_is_refused(self, identity: CodeSigningIdentity) -> None:
        with pytest.raises(CodeSigningIdentityUnusable, match="passphrase is wrong"):
            open_identity(identity.folder, b"another", NOW)

    def test_out_of_time_is_refused(self, identity: CodeSigningIdentity) -> None:
        with pytest.raises(CodeSigningIdentityUnusable, match="out of its time"):
            open_identity(identity.folder, PASSPHRASE, NOW + timedelta(days=4000))

    def test_a_missing_or_damaged_file_is_named(self, identity: CodeSigningIdentity, tmp_path: Path) -> None:
        with pytest.raises(CodeSigningIdentityUnusable, match=r"certificate\.pem"):
            open_identity(tmp_path, PASSPHRASE, NOW)
        (tmp_path / "certificate.pem").write_bytes(b"nothing")
        with pytest.raises(CodeSigningIdentityUnusable, match="damaged"):
            open_identity(tmp_path, PASSPHRASE, NOW)

    def test_a_key_of_another_certificate_is_refused(
        self, identity: CodeSigningIdentity, tmp_path: Path
    ) -> None:
        other = create_development_identity(tmp_path / "other", PASSPHRASE, NOW)
        other.key_file.write_bytes(identity.key_file.read_bytes())
        with pytest.raises(CodeSigningIdentityUnusable, match="another certificate"):
            open_identity(other.folder, PASSPHRASE, NOW)


def test_doctor_can_prove_signing(program: Path) -> None:
    registry.check_signing(program, NOW)
