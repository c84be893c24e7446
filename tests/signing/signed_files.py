"""Real signed Windows programs, small ones: NSIS stubs signed by osslsigncode. And one that needs neither."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signing import region
from signing.authority import reserve
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from tests.client.simulated import installer_bytes

SCRIPT = """Unicode true
Target {target}
Name stub
OutFile "{out}"
RequestExecutionLevel user
Section
SectionEnd
"""


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-800:] + done.stderr[-800:]
    return done.stdout


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed code-signing certificate and its key, as PEM files."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=36500))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pem, key_pem


@dataclass(frozen=True)
class FileSigner:
    """A folder with unsigned stubs (PE32 and PE32+) and an identity to sign them with."""

    folder: Path
    pem: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> FileSigner:
        for target in ("x86-unicode", "amd64-unicode"):
            script = folder / f"{target}.nsi"
            script.write_text(SCRIPT.format(target=target, out=folder / f"{target}.exe"))
            run("makensis", "-V1", script)
        return cls(folder, *certificate(folder, "tester"))

    def signed(self, target: str, description: str, *more: str | Path) -> Path:
        out = (
            self.folder / f"{target}-{hashlib.sha256(repr((description, more)).encode()).hexdigest()[:8]}.exe"
        )
        if not out.exists():
            identity: list[str | Path] = [
                "-certs",
                self.pem,
                "-key",
                self.key,
                "-h",
                "sha256",
                "-n",
                description,
            ]
            run("osslsigncode", "sign", *identity, *more, "-in", self.folder / f"{target}.exe", "-out", out)
        return out

    def base(self, signed: Path, minimum: int = reserve.DEFAULT_BYTES) -> Base:
        path = signed.with_suffix(f".{minimum}.base.exe")
        return Base.measured(path, reserved_file(signed, path, minimum).region_sum)

    def verdict(self, path: Path) -> str:
        """What osslsigncode says of a file; fails the test when it does not verify."""
        return run("osslsigncode", "verify", "-in", path, "-CAfile", self.pem, "-TSA-CAfile", self.pem)


def reserved_file(signed: Path, path: Path, minimum: int = reserve.DEFAULT_BYTES) -> reserve.Reserved:
    """A copy of a signed file with an empty region."""
    with signed.open("rb") as source, path.open("w+b") as target:
        return reserve.reserve(source, target, minimum)


@dataclass(frozen=True)
class Base:
    """A reserved base and its manifest."""

    path: Path
    manifest: Manifest

    @classmethod
    def measured(cls, path: Path, region_sum: int) -> Base:
        """The base in a file whose region is reserved."""
        with path.open("rb") as file:
            manifest = Manifest.measure(
                file,
                region_sum,
                exam="demo",
                build="build",
                development_certificate=True,
                rehearsal=True,
                stages={},
            )
        return cls(path, manifest)

    @property
    def stamper(self) -> Stamper:
        return Stamper(self.manifest, self.path)


def base_for_copies(folder: Path) -> Base:
    """A base for tests of what is done with its copies.

    A real signed one where makensis and osslsigncode are installed, as ``make setup`` leaves a computer.
    Elsewhere, for the fast tests, one of the same form without a signature in it.
    """
    if shutil.which("makensis") and shutil.which("osslsigncode"):
        file_signer = FileSigner.make(folder)
        return file_signer.base(file_signer.signed("amd64-unicode", "base"))
    path = folder / "unsigned.base.exe"
    body = random.Random("a base").randbytes(80_000)
    path.write_bytes(installer_bytes(b"", body))
    return Base.measured(path, region.REGION_SUMS[0])
