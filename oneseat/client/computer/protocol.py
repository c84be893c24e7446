"""What the client asks of the computer it runs on, as a protocol.

:class:`oneseat.client.platform.windows.computer.WindowsComputer` answers on Windows; nothing that ships has
another answer. Tests pass recorded values through a class of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Mapping, Protocol


class NotUnwrapped(Exception):
    """The blob was not wrapped on this computer with this entropy, or was changed."""


class Computer(Protocol):
    """The parts of an operating system that enrolment and launch need."""

    def wrap(self, secret: bytes, entropy: bytes) -> bytes:
        """The secret so that only this computer can unwrap it, with the same entropy.

        Raises:
            OSError: the system refuses.
        """
        ...

    def unwrap(self, blob: bytes, entropy: bytes) -> bytes:
        """What :meth:`wrap` wrapped.

        Raises:
            NotUnwrapped: another computer's blob, another entropy, or changed bytes.
        """
        ...

    def traits(self) -> Mapping[str, bytes]:
        """What tells this computer from others, by name; a trait that cannot be read is absent."""
        ...

    def shared_folder(self) -> Path:
        """Where state that all accounts read lives; it need not exist yet."""
        ...

    def own_folder(self) -> Path:
        """Where this account keeps what it learnt from the portal; it need not exist yet."""
        ...

    def make_shared_folder(self, path: Path) -> None:
        """Make one folder that administrators write and all accounts read; taking over one that exists.

        Raises:
            OSError: the system refuses, or the folder is a link to elsewhere.
        """
        ...
