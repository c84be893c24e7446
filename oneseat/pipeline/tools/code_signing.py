"""Signs Windows programs (Authenticode) with osslsigncode, or with signtool on Windows.

Microsoft, "Windows Authenticode Portable Executable Signature Format"; timestamps by RFC 3161.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from oneseat.pipeline.tools.errors import SignatureUnverified, TimestampUnavailable, ToolFailed
from oneseat.pipeline.tools.identity import CodeSigningIdentity
from oneseat.pipeline.tools.runner import Invocation, run, run_for_status
from oneseat.pipeline.tools.tool import ToolReport, find, version_in
from signing.authority.keys import write_private
from signing.text import Text, quoted

_SIGNTOOL_MEND = Text(
    "Install the signing tools of the Windows SDK and put signtool into PATH.",
    "请安装 Windows SDK 的签名工具，并将 signtool 加入 PATH。",
)
_EACH_S = 30
"""Seconds that one more file, with its timestamp, may take in a run of signtool."""
_UNSIGNED = Text("it is not signed", "没有数字签名")
_CHANGED = Text("its bytes are not those that were signed", "内容与签名时不一致")
_MESSAGE_DIGEST = re.compile(r"^\s*(Current|Calculated) message digest\s*:\s*([0-9A-F]+)\s*$", re.MULTILINE)
_TIMESTAMPED = re.compile(r"^\s*(The signature is timestamped|Timestamp time)\s*:", re.MULTILINE)


@dataclass(frozen=True)
class SignatureReport:
    """The result of verifying a signed file whose bytes are unchanged.

    ``trusted`` is true if the certificate chain also ends at a trusted one. The own certificate is given
    to the verifier, so a development certificate is trusted; others are if their root is known here.
    """

    trusted: bool
    timestamped: bool
    output: str


class CodeSigner(Protocol):
    """A tool that signs Windows programs."""

    @property
    def name(self) -> str:
        """The tool's name."""
        ...

    @property
    def identity_id(self) -> str:
        """An identifier that depends on certificate and timestamp server."""
        ...

    @property
    def is_development(self) -> bool:
        """Whether the certificate is one that Windows does not trust."""
        ...

    def check(self) -> ToolReport:
        """Check that the tool is there."""
        ...

    def sign(self, source: Path, destination: Path, description: str) -> None:
        """Write a signed copy atomically; Windows shows ``description``.

        Raises:
            ToolMissing, ToolFailed, ToolTimedOut: the tool is missing, failed, or ran too long.
            TimestampUnavailable: the timestamp server gave no timestamp.
        """
        ...

    def sign_all(self, files: Sequence[tuple[Path, Path]], description: str) -> None:
        """Sign several sources to their destinations; a token asks for its PIN once, if at all.

        Raises:
            As :meth:`sign`.
        """
        ...

    def verify(self, path: Path) -> SignatureReport:
        """Verify a file's signature.

        Raises:
            SignatureUnverified: the file is not signed, or its bytes were changed.
        """
        ...


@dataclass(frozen=True)
class OsslsigncodeSigner:
    """osslsigncode 2.5 or later, with a certificate and an encrypted key in files."""

    identity: CodeSigningIdentity
    timestamp_url: str | None = None
    timestamp_ca: Path | None = None
    program: str = "osslsigncode"
    name: str = "osslsigncode"

    @property
    def identity_id(self) -> str:
        """The certificate's SHA-256 and the timestamp server."""
        return f"{self.identity.sha256} {self.timestamp_url or '-'}"

    @property
    def is_development(self) -> bool:
        """Whether the certificate signed itself."""
        return self.identity.is_development

    def check(self) -> ToolReport:
        """Check that osslsigncode is there and starts."""
        return check_osslsigncode(self.program)

    def sign(self, source: Path, destination: Path, description: str) -> None:
        """Sign a copy; the passphrase is passed in a private file."""
        program = find(self.name, self.program)
        files = self.identity
        with _temporary_path(destination) as draft, _passphrase_file(files.passphrase) as passphrase:
            command: list[str | Path] = [program, "sign", "-h", "sha256", "-n", description]
            command.extend(
                ["-certs", files.certificate_file, "-key", files.key_file, "-readpass", passphrase]
            )
            if self.timestamp_url:
                command.extend(["-ts", self.timestamp_url])
            command.extend(["-in", source, "-out", draft])
            try:
                run(Invocation(self.name, _signing(destination.name), command, 300))
            except ToolFailed:
                if self.timestamp_url and self._signs_without_timestamp(command):
                    raise TimestampUnavailable(host=urlsplit(self.timestamp_url).hostname or "?") from None
                raise
            draft.replace(destination)

    def sign_all(self, files: Sequence[tuple[Path, Path]], description: str) -> None:
        """Sign each file by itself: osslsigncode takes one at a time, and asks for nothing."""
        for source, destination in files:
            self.sign(source, destination, description)

    def _signs_without_timestamp(self, command: list[str | Path]) -> bool:
        """Whether signing works without a timestamp, so that the timestamp was the failure."""
        at = command.index("-ts")
        Path(command[-1]).unlink(missing_ok=True)
        status, _ = run_for_status(
            Invocation(self.name, Text("signing", "签名"), command[:at] + command[at + 2 :], 300)
        )
        return status == 0

    def verify(self, path: Path) -> SignatureReport:
        """Verify a file; the own certificate and the timestamp server's are trusted."""
        return verify_with_osslsigncode(
            path, self.identity.certificate_file, timestamp_ca=self.timestamp_ca, program=self.program
        )


@dataclass(frozen=True)
class SigntoolSigner:
    """signtool of the Windows SDK, with a certificate from the user's store; its key may be on a token."""

    thumbprint: str
    timestamp_url: str | None = None
    name: str = "signtool"
    is_development: bool = False

    @property
    def identity_id(self) -> str:
        """The certificate's thumbprint and the timestamp server."""
        return f"{self.thumbprint} {self.timestamp_url or '-'}"

    def check(self) -> ToolReport:
        """Check that signtool is there."""
        path = find(self.name, "signtool", mend=_SIGNTOOL_MEND)
        _, output = run_for_status(
            Invocation(self.name, Text("asking for its version", "查询版本"), [path, "/?"], 60)
        )
        return ToolReport(self.name, version_in(output), path)

    def sign(self, source: Path, destination: Path, description: str) -> None:
        """Sign a copy."""
        self.sign_all([(source, destination)], description)

    def sign_all(self, files: Sequence[tuple[Path, Path]], description: str) -> None:
        """Sign copies in one run, so that a token's driver asks for the PIN once.

        signtool works in place, so temporary copies are signed and then renamed.
        """
        if not files:
            return
        command: list[str | Path] = [
            find(self.name, "signtool", mend=_SIGNTOOL_MEND),
            "sign",
            "/fd",
            "SHA256",
        ]
        command += ["/sha1", self.thumbprint, "/d", description]
        if self.timestamp_url:
            command += ["/tr", self.timestamp_url, "/td", "SHA256"]
        with contextlib.ExitStack() as stack:
            drafts = [stack.enter_context(_temporary_path(destination)) for _, destination in files]
            for draft, (source, _) in zip(drafts, files, strict=True):
                shutil.copyfile(source, draft)
            names = ", ".join(destination.name for _, destination in files)
            run(Invocation(self.name, _signing(names), [*command, *drafts], 300 + _EACH_S * len(files)))
            for draft, (_, destination) in zip(drafts, files, strict=True):
                draft.replace(destination)

    def verify(self, path: Path) -> SignatureReport:
        """Verify a file by the default Authenticode policy of Windows."""
        program = find(self.name, "signtool", mend=_SIGNTOOL_MEND)
        status, output = run_for_status(
            Invocation(self.name, Text("verifying", "验证签名"), [program, "verify", "/pa", "/v", path], 120)
        )
        if status:
            raise SignatureUnverified(
                file=path.name, reason=Text("signtool does not accept it", "signtool 不认可该签名")
            )
        return SignatureReport(trusted=True, timestamped="is timestamped" in output, output=output)


def check_osslsigncode(program: str = "osslsigncode") -> ToolReport:
    """Check that osslsigncode is there and starts.

    Raises:
        ToolMissing: osslsigncode is missing.
    """
    path = find("osslsigncode", program)
    _, output = run_for_status(
        Invocation("osslsigncode", Text("asking for its version", "查询版本"), [path, "--version"], 60)
    )
    return ToolReport("osslsigncode", version_in(output), path)


def verify_with_osslsigncode(
    path: Path, trusted: Path, *, timestamp_ca: Path | None = None, program: str = "osslsigncode"
) -> SignatureReport:
    """Verify a signature with the certificates in ``trusted`` as trust anchors.

    Raises:
        SignatureUnverified: the file is not signed, or its bytes were changed.
        ToolMissing: osslsigncode is missing.
    """
    tool = find("osslsigncode", program)
    command: list[str | Path] = [tool, "verify", "-in", path, "-CAfile", trusted]
    command += ["-TSA-CAfile", timestamp_ca] if timestamp_ca else []
    status, output = run_for_status(
        Invocation(
            "osslsigncode",
            Text(f"verifying {quoted(path.name)}", f"验证 {quoted(path.name)} 的签名"),
            command,
            120,
        )
    )
    digests = dict(_MESSAGE_DIGEST.findall(output))
    if not digests.get("Current") or digests.get("Current") != digests.get("Calculated"):
        reason = _CHANGED if digests else _UNSIGNED
        raise SignatureUnverified(file=path.name, reason=reason)
    return SignatureReport(trusted=status == 0, timestamped=bool(_TIMESTAMPED.search(output)), output=output)


@contextlib.contextmanager
def _passphrase_file(passphrase: bytes) -> Iterator[Path]:
    """Write the passphrase to a private temporary file, since arguments are visible to other users."""
    with tempfile.TemporaryDirectory(prefix="oneseat-") as folder:
        path = Path(folder) / "passphrase"
        write_private(path, passphrase)
        yield path


@contextlib.contextmanager
def _temporary_path(destination: Path) -> Iterator[Path]:
    """Yield a temporary path on the destination's file system; leftovers are removed after the block."""
    with tempfile.TemporaryDirectory(prefix=".signing-", dir=destination.parent) as folder:
        yield Path(folder) / destination.name


def _signing(names: str) -> Text:
    return Text(f"signing {quoted(names)}", f"为 {quoted(names)} 签名")
