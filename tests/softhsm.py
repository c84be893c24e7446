"""A private SoftHSM token: a real PKCS#11 module that stores its objects in a test's folder."""

from __future__ import annotations

import os
import pty
import secrets
import subprocess
import termios
from dataclasses import dataclass
from pathlib import Path

from tests.patience import wait_until

LABEL = "oneseat-test"


class SoftHsmMissing(Exception):
    """Debian's softhsm2 is not installed; ``make setup`` installs it."""


@dataclass(frozen=True)
class Token:
    """An initialised token. ``configuration`` is the value for ``SOFTHSM2_CONF``."""

    module: Path
    configuration: Path
    pin: str

    @property
    def uri(self) -> str:
        """The token's PKCS#11 URI (RFC 7512)."""
        return f"pkcs11:token={LABEL}?module-path={self.module}"


def make(folder: Path) -> Token:
    """Initialise a token. Its random PIN is typed at a terminal and never on a command line."""
    tokens = folder / "tokens"
    tokens.mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    pin, officer_pin = (str(secrets.randbelow(10**8)).zfill(8) for _ in range(2))
    _typed([officer_pin, officer_pin, pin, pin], configuration)
    return Token(_module(), configuration, pin)


def _typed(answers: list[str], configuration: Path) -> None:
    terminal, inner = pty.openpty()
    command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL]
    environment = {**os.environ, "SOFTHSM2_CONF": str(configuration)}
    process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=environment)
    os.close(inner)
    output = b""
    try:
        for answer in answers:
            prompts = output.count(b": ")
            while output.count(b": ") == prompts:
                output += os.read(terminal, 4096)
            # It discards pending input when it turns the echo off.
            wait_until(lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO)
            os.write(terminal, f"{answer}\n".encode())
        assert process.wait(30) == 0
    finally:
        os.close(terminal)
        process.kill()
        process.wait()


def _module() -> Path:
    modules = sorted(Path("/usr/lib").glob("**/softhsm/libsofthsm2.so"))
    if not modules:
        raise SoftHsmMissing("run `make setup` (Debian: softhsm2)")
    return modules[0]
