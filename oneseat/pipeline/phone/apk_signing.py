"""Signs APKs with apksigner, by the APK Signature Schemes v2 and v3, and verifies them with it.

The oldest system is Android 8, which reads v2; v3 is for Android 9 and later. The JAR signature (v1) is left
out: it is for older systems, and covers less. Both schemes sign with RSA and SHA-256, so that signing twice
gives the same bytes.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from oneseat.pipeline.phone.errors import PhoneSignatureUnverified
from oneseat.pipeline.phone.facts import MIN_SDK
from oneseat.pipeline.phone.signing_key import PhoneIdentity
from oneseat.pipeline.phone.toolchain import PhoneToolchain
from oneseat.pipeline.tools.runner import Invocation, run_for_status
from signing.authority.keys import write_private
from signing.text import Text, quoted

_SCHEMES = {"v1": False, "v2": True, "v3": True, "v4": False}
_SIGNER = re.compile(r"^Signer #1 certificate SHA-256 digest: ([0-9a-f]{64})$", re.MULTILINE)
_TIMEOUT_S = 120


def sign(unsigned: Path, signed: Path, identity: PhoneIdentity, toolchain: PhoneToolchain) -> None:
    """Write a signed copy of an aligned APK.

    Raises:
        ToolMissing, ToolFailed, ToolTimedOut: apksigner is missing, failed, or ran too long.
    """
    # Arguments are visible to the computer's other users, so the passphrase is handed over in a private file.
    with tempfile.TemporaryDirectory(prefix="oneseat-") as folder:
        passphrase = Path(folder) / "passphrase"
        write_private(passphrase, identity.passphrase)
        key: list[str | Path] = [
            "--ks",
            identity.path,
            "--ks-type",
            "PKCS12",
            "--ks-pass",
            f"file:{passphrase}",
        ]
        command: list[str | Path] = [
            toolchain.apksigner.path,
            "sign",
            *key,
            *_scheme_options(),
            "--out",
            signed,
            unsigned,
        ]
        doing = Text(f"signing {quoted(unsigned.name)}", f"为 {quoted(unsigned.name)} 签名")
        toolchain.run(toolchain.apksigner, doing, command, signed.parent)


def verify(path: Path, certificate_sha256: str, toolchain: PhoneToolchain) -> None:
    """Verify an APK's signatures, and that the certificate with this hash made them.

    Raises:
        PhoneSignatureUnverified: apksigner refuses the file, or another certificate signed it.
        ToolMissing, ToolTimedOut: apksigner is missing, or ran too long.
    """
    levels = ["--min-sdk-version", str(MIN_SDK)]
    command: list[str | Path] = [
        toolchain.apksigner.path,
        "verify",
        "--verbose",
        "--print-certs",
        *levels,
        path,
    ]
    doing = Text(f"verifying {quoted(path.name)}", f"验证 {quoted(path.name)} 的签名")
    status, output = run_for_status(Invocation(toolchain.apksigner.name, doing, command, _TIMEOUT_S))
    if status:
        reason = Text("apksigner does not accept it", "apksigner 不认可该签名")
        raise PhoneSignatureUnverified(file=path.name, reason=reason)
    if _SIGNER.findall(output) != [certificate_sha256]:
        reason = Text("another certificate signed it", "签名证书不符")
        raise PhoneSignatureUnverified(file=path.name, reason=reason)


def _scheme_options() -> list[str]:
    levels = ["--min-sdk-version", str(MIN_SDK)]
    schemes = (
        word for name, used in _SCHEMES.items() for word in (f"--{name}-signing-enabled", str(used).lower())
    )
    return [*levels, *schemes]
