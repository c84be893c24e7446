"""The context of a command: console, clock and project; asks for passphrases, PINs and passwords."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oneseat.commands.console import Console
from oneseat.pipeline.accounts.errors import PasswordRefused
from oneseat.pipeline.keys.errors import PassphraseMissing
from signing.clock import Clock
from signing.os_faults import system_reason
from signing.text import Text

if TYPE_CHECKING:
    from oneseat.pipeline.project import Project
    from oneseat.state.database import Database
    from signing.charter import Charter


class Context:
    """A command's console, clock and project, and the secrets that it reads from files or prompts."""

    def __init__(self, shared: Mapping[str, Any], clock: Clock) -> None:
        self.clock = clock
        self.console = Console(as_json=shared["as_json"], verbose=shared["verbose"], quiet=shared["quiet"])
        self.root: Path = shared["workspace"].absolute()  # tools run in folders of their own
        self.exam_file: Path = shared["exam"].absolute()
        self._passphrase_file: Path | None = shared["passphrase_file"]
        self._state: str | None = shared["state"]
        self._store: str | None = shared["store"]

    def project(self, *, new_passphrase: bool = False, trust_clock: bool = False) -> Project:
        """Create the project; the prompt for a new passphrase asks twice."""
        from oneseat.pipeline.project import Project

        return Project(
            self.exam_file,
            self.root,
            lambda: self._passphrase(confirm=new_passphrase),
            self.clock,
            self._state,
            self._store,
            trust_clock=trust_clock,
        )

    def charter(self) -> Charter:
        """Look up the charter in force, or the newest signed; needs no passphrase.

        Raises:
            CharterUnsigned: no charter is signed.
            KeyMissing, KeyRingBroken: there is no readable ring with the root key that verifies it.
        """
        from oneseat.pipeline import current_charter

        return current_charter.without_passphrase(self.project())

    def state(self) -> Database:
        """Open the state database, for commands that only read it; needs no passphrase.

        Raises:
            StateAbsent: there is no database.
            StateUnavailable: it cannot be read.
        """
        return self.project().state

    def operator_password(self, path: Path | None) -> str:
        """Read a new password for an operator, from a file or a prompt that asks twice.

        Raises:
            PasswordRefused: the file cannot be read, or there is no terminal to ask at.
        """
        from oneseat.pipeline.accounts.operators import read_password

        if path is not None:
            return read_password(path)
        if not sys.stdin.isatty():
            raise PasswordRefused(reason=Text("no terminal to ask at", "没有可供输入的终端"))
        answer: str = click.prompt("Operator's password", hide_input=True, confirmation_prompt=True, err=True)
        return answer

    def pin(self, path: Path | None) -> bytes:
        """Read a token's PIN, from a file or a prompt.

        Raises:
            PassphraseMissing: the file cannot be read or is empty, or there is no terminal to ask at.
        """
        if path is not None:
            return _passphrase_from(path)
        if not sys.stdin.isatty():
            raise PassphraseMissing(
                reason=Text("no terminal to ask for the PIN at", "没有可供输入 PIN 码的终端")
            )
        answer: str = click.prompt("PIN", hide_input=True, err=True)
        return answer.encode()

    def holder_passphrase(self, path: Path | None, *, confirm: bool = False) -> bytes:
        """Read the passphrase of a holder's own key, from a file or a prompt.

        Raises:
            PassphraseMissing: the file cannot be read or is empty, or there is no terminal to ask at.
        """
        if path is not None:
            return _passphrase_from(path)
        if not sys.stdin.isatty():
            raise PassphraseMissing(reason=Text("no terminal to ask at", "没有可供输入的终端"))
        answer: str = click.prompt(
            "Holder's passphrase", hide_input=True, confirmation_prompt=confirm, err=True
        )
        return answer.encode()

    def _passphrase(self, *, confirm: bool) -> bytes:
        if self._passphrase_file is not None:
            return _passphrase_from(self._passphrase_file)
        if from_environment := os.environ.get("ONESEAT_PASSPHRASE"):
            return from_environment.encode()
        if not sys.stdin.isatty():
            raise PassphraseMissing(reason=Text("no terminal to ask at", "没有可供输入的终端"))
        answer: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
        return answer.encode()


def _passphrase_from(path: Path) -> bytes:
    try:
        passphrase = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise PassphraseMissing(reason=system_reason(error).about(path.name)) from None
    if not passphrase:
        raise PassphraseMissing(reason=Text(f"{path.name} is empty", f"{path.name} 是空文件"))
    return passphrase
