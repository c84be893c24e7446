"""Protocol for the operating system: encryption bound to the computer, traits, folders.

:class:`oneseat.client.platform.windows.computer.WindowsComputer` is the only implementation that ships. Tests
implement it with recorded values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Mapping, Protocol, Sequence


class NotUnwrapped(Exception):
    """The blob comes from another computer, another entropy was used, or the blob was changed."""


class FolderNotOurs(OSError):
    """A shared folder is a link, or belongs to another account and cannot be renamed."""


class Computer(Protocol):
    """Operating system calls that enrolment and launch need."""

    def wrap(self, secret: bytes, entropy: bytes) -> bytes:
        """Encrypt a secret so that only this computer can decrypt it, with the same entropy.

        Raises:
            OSError: a system call failed.
        """
        ...

    def unwrap(self, blob: bytes, entropy: bytes) -> bytes:
        """Decrypt a blob from :meth:`wrap`.

        Raises:
            NotUnwrapped: the blob comes from another computer, the entropy differs, or bytes were changed.
        """
        ...

    def traits(self) -> Mapping[str, bytes]:
        """Traits that identify this computer, by name; those that cannot be read are absent."""
        ...

    def shared_folder(self) -> Path:
        """Folder of the state that all accounts read; it may not exist yet."""
        ...

    def own_folder(self) -> Path:
        """Folder of this account's portal cache; it may not exist yet."""
        ...

    def own_folders(self) -> Sequence[Path]:
        """The same folder of every account on this computer that this account may read, its own first."""
        ...

    def make_shared_folder(self, path: Path) -> None:
        """Create a folder that administrators write and all accounts read, or take over one of theirs.

        A folder of another account is renamed and made anew.

        Raises:
            FolderNotOurs: there is a link, or a folder of another account that cannot be renamed.
            OSError: a system call failed.
        """
        ...

    def hold_window(self, program: Path) -> bool:
        """Claim the window of the program in a folder, until this process ends; False if another has it."""
        ...

    def show_window(self, titles: Sequence[str]) -> bool:
        """Bring the client's window with one of these titles to the front; False if there is none."""
        ...
