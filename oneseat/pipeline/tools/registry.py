"""Lists and checks all tools and the trees that some were unpacked into, for `doctor`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oneseat.pipeline.tools.code_signing import OsslsigncodeSigner, SigntoolSigner, check_osslsigncode
from oneseat.pipeline.tools.errors import SignatureUnverified
from oneseat.pipeline.tools.identity import create_development_identity
from oneseat.pipeline.tools.makensis import Makensis
from oneseat.pipeline.tools.tool import Tool, ToolReport
from oneseat.pipeline.tools.toolchain import unpacked_trees
from oneseat.pipeline.tools.windows import WindowsPython, windows_host
from signing.errors import OneSeatError
from signing.text import Text


@dataclass(frozen=True)
class ToolOutcome:
    """The result of checking one tool: its ``report``, or its ``refusal``."""

    name: str
    report: ToolReport | None
    refusal: OneSeatError | None


@dataclass(frozen=True)
class Osslsigncode:
    """The signing program alone, without an identity."""

    name: str = "osslsigncode"

    def check(self) -> ToolReport:
        """Check that it is there and starts."""
        return check_osslsigncode()


def tools() -> tuple[Tool, ...]:
    """List what building a base needs on this system: unpacked trees, then the tools."""
    host = windows_host()
    python = WindowsPython(host)
    signer: Tool = SigntoolSigner("") if sys.platform == "win32" else Osslsigncode()
    # The trees come first, so that files are compared before any of them is run.
    return (*unpacked_trees(python), host, python, Makensis(), signer)


def check_all(chosen: Sequence[Tool] | None = None) -> Iterator[ToolOutcome]:
    """Check every tool, or the ``chosen`` ones, including those after a faulty one."""
    for tool in tools() if chosen is None else chosen:
        try:
            yield ToolOutcome(tool.name, tool.check(), None)
        except OneSeatError as refusal:
            yield ToolOutcome(tool.name, None, refusal)


def check_signing(program: Path, now: datetime) -> None:
    """Sign a copy of a Windows program with a temporary certificate, and verify it.

    Raises:
        ToolMissing, ToolFailed: osslsigncode is missing or failed.
        SignatureUnverified: the signature does not verify.
    """
    with tempfile.TemporaryDirectory(prefix="oneseat-") as temporary:
        folder = Path(temporary)
        identity = create_development_identity(folder / "identity", b"throwaway", now)
        signer = OsslsigncodeSigner(identity)
        signed = folder / "signed.exe"
        signer.sign(program, signed, "OneSeat")
        if not signer.verify(signed).trusted:
            raise SignatureUnverified(
                file=signed.name, reason=Text("its certificate was not accepted", "证书未被认可")
            )
