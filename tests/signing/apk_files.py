"""Real Android apps, small ones, by the tools of Debian's packages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from oneseat.pipeline.base.reserving import write_reserved
from tests.signing.signed_files import Base, certificate, run

MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="oneseat.phone.e_test"
    android:versionCode="1" android:versionName="1.0">
  <application android:hasCode="false" android:label="test"/>
</manifest>
"""
FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")


@dataclass(frozen=True)
class ApkSigner:
    """A folder with an aligned, unsigned APK and an identity to sign it with."""

    folder: Path
    pem: Path
    pkcs8: Path

    @classmethod
    def make(cls, folder: Path) -> ApkSigner:
        manifest = folder / "AndroidManifest.xml"
        manifest.write_text(MANIFEST)
        sdk = ("--min-sdk-version", "26", "--target-sdk-version", "34")
        run("aapt2", "link", "-I", FRAMEWORK, "--manifest", manifest, *sdk, "-o", folder / "linked.apk")
        run("zipalign", "-f", "4", folder / "linked.apk", folder / "aligned.apk")
        pem, key = certificate(folder, "phone")
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        pkcs8 = folder / "phone.pk8"
        pkcs8.write_bytes(
            private.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return cls(folder, pem, pkcs8)

    def signed(self, name: str, *schemes: str) -> Path:
        """An APK signed with these schemes of ``v1``, ``v2`` and ``v3``."""
        out = self.folder / f"{name}.apk"
        enabled = [
            word
            for scheme in ("v1", "v2", "v3", "v4")
            for word in (f"--{scheme}-signing-enabled", str(scheme in schemes).lower())
        ]
        identity: list[str | Path] = ["--key", self.pkcs8, "--cert", self.pem, "--min-sdk-version", "26"]
        run("apksigner", "sign", *identity, *enabled, "--out", out, self.folder / "aligned.apk")
        return out

    def base(self, signed: Path) -> Base:
        path = signed.with_suffix(".base.apk")
        return Base.measured(path, write_reserved(signed, path).region_sum)

    @staticmethod
    def verdict(path: Path) -> str:
        """What apksigner says of a file; fails the test when it does not verify, or is not aligned."""
        run("zipalign", "-c", "4", path)
        return run("apksigner", "verify", "--verbose", "--min-sdk-version", "26", path)
