"""Signed bases of any size for benchmarks: real ones, with incompressible bytes in them.

An installer is an NSIS stub signed by osslsigncode, a phone app a small APK signed by apksigner.
"""

from __future__ import annotations

import os
import subprocess
import zipfile
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
_PHONE = """<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="oneseat.phone.e_bench"
    android:versionCode="1" android:versionName="1.0">
  <application android:hasCode="false" android:label="bench"/>
</manifest>
"""
_FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")


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
    key, certificate = _identity(folder)
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
    return _reserved(signed, base, payload, stub)


def make_phone(folder: Path, size_bytes: int) -> tuple[Manifest, Path]:
    """A signed, reserved APK of about ``size_bytes``, and its manifest; Android would not start it."""
    plain, aligned, signed, base = (
        folder / f"phone.{step}.apk" for step in ("plain", "aligned", "signed", "base")
    )
    source = folder / "AndroidManifest.xml"
    source.write_text(_PHONE)
    sdk = ("--min-sdk-version", "26", "--target-sdk-version", "34")
    _run("aapt2", "link", "-I", _FRAMEWORK, "--manifest", source, *sdk, "-o", plain)
    with zipfile.ZipFile(plain, "a") as archive:
        archive.writestr("assets/bench.bin", os.urandom(size_bytes))
    _run("zipalign", "-f", "4", plain, aligned)
    key, certificate = _identity(folder)
    encoded = folder / "key.pk8"
    _run("openssl", "pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", key, "-out", encoded)
    schemes = ("--v1-signing-enabled", "false", "--v4-signing-enabled", "false", "--min-sdk-version", "26")
    _run("apksigner", "sign", "--key", encoded, "--cert", certificate, *schemes, "--out", signed, aligned)
    return _reserved(signed, base, plain, aligned)


def _identity(folder: Path) -> tuple[Path, Path]:
    """Key and self-signed certificate as PEM files, made once per folder."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    if not key.exists():
        subject = ["-subj", "/CN=bench", "-addext", "extendedKeyUsage=codeSigning", "-days", "30"]
        _run(
            *["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"],
            *["-keyout", key, "-out", certificate, *subject],
        )
    return key, certificate


def _reserved(signed: Path, base: Path, *leftovers: Path) -> tuple[Manifest, Path]:
    """Reserve the region, measure the base, and remove what it was made of."""
    reserved = write_reserved(signed, base)
    for leftover in (signed, *leftovers):
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
