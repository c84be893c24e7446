"""Signed bases of any size for benchmarks: a real NSIS stub with incompressible bytes behind it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from oneseat.pipeline.base.reserving import write_reserved
from signing.authority.manifest import Manifest

_SCRIPT = """Unicode true
Target amd64-unicode
Name bench
OutFile "{out}"
SetCompress off
RequestExecutionLevel user
Section
SetOutPath $TEMP
File "{payload}"
SectionEnd
"""


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def make(folder: Path, size_bytes: int) -> tuple[Manifest, Path]:
    """A signed, reserved installer of about ``size_bytes``, and its manifest."""
    name = f"{size_bytes >> 20}m"
    payload, script = folder / f"{name}.bin", folder / f"{name}.nsi"
    stub, signed, base = (folder / f"{name}.{step}.exe" for step in ("stub", "signed", "base"))
    payload.write_bytes(os.urandom(size_bytes))
    script.write_text(_SCRIPT.format(out=stub, payload=payload))
    _run("makensis", "-V1", script)
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    if not key.exists():
        subject = ["-subj", "/CN=bench", "-addext", "extendedKeyUsage=codeSigning", "-days", "30"]
        _run(
            *["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"],
            *["-keyout", key, "-out", certificate, *subject],
        )
    _run(
        "osslsigncode",
        "sign",
        "-certs",
        certificate,
        "-key",
        key,
        "-h",
        "sha256",
        "-in",
        stub,
        "-out",
        signed,
    )
    reserved = write_reserved(signed, base)
    for leftover in (payload, stub, signed):
        leftover.unlink()
    with base.open("rb") as file:
        manifest = Manifest.measure(
            file,
            reserved.region_sum,
            exam="bench",
            build="bench",
            development_certificate=True,
            rehearsal=True,
            stages={},
        )
    return manifest, base
