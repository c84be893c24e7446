"""The browser profile of an exam room, in ``<own>/room/<jti>/``: recordings that are not uploaded yet.

It belongs to this account and does not roam. No other account may read it, since the recordings show the
candidate and, from the start on, the questions.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path
from typing import List

from oneseat.client.computer.protocol import Computer
from oneseat.client.errors import ProfileFolderNotOurs
from oneseat.client.local.storage import is_plain_folder, matching_folders, remove_files

_FOLDER = "room"
_PROFILE, _MARK = re.compile(r"[0-9a-f]{32}(\.gone)?"), re.compile(r"[0-9a-f]{32}\.done")


class RoomProfile:
    """The profile folder of one seat on this account."""

    def __init__(self, computer: Computer, jti: str) -> None:
        self._own = computer.own_folder()
        self.folder: Path = self._own / _FOLDER / jti

    def make(self) -> Path:
        """Make the folder where it is missing, and return it.

        Raises:
            ProfileFolderNotOurs: it, or a folder above it, is a link or a file, or it cannot be made.
        """
        try:
            for folder in (self._own, self._own / _FOLDER, self.folder):
                folder.mkdir(parents=True, exist_ok=True)
                if not is_plain_folder(folder):
                    raise ProfileFolderNotOurs
        except OSError:
            raise ProfileFolderNotOurs from None
        return self.folder

    def exists(self) -> bool:
        """Whether there is such a folder, which is no link."""
        return is_plain_folder(self.folder)

    def mark_finished(self, *, on: bool) -> None:
        """Note that everything in the folder was received, or no longer; a disk that is full is ignored."""
        with contextlib.suppress(OSError):
            if on:
                self._mark.touch()
            else:
                self._mark.unlink()

    def remove(self) -> bool:
        """Delete the folder; returns whether it is gone. While a browser uses it, it stays whole.

        It is renamed first: Windows refuses that while a file in it is open.
        """
        gone = self.folder.with_name(f"{self.folder.name}.gone")
        with contextlib.suppress(OSError):
            if self.exists():
                _remove_tree(gone)
                self.folder.rename(gone)
        _remove_tree(gone)
        if self.folder.exists() or gone.exists():
            return False
        self.mark_finished(on=False)
        return True

    @property
    def _mark(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.done")


def finished_profiles(computer: Computer) -> List[str]:
    """The seats whose folder is noted as finished and is still to be deleted."""
    root = computer.own_folder() / _FOLDER
    with contextlib.suppress(OSError):
        if is_plain_folder(root):
            return [path.stem for path in sorted(root.iterdir()) if _MARK.fullmatch(path.name)]
    return []


def remove_all_profiles(computer: Computer) -> None:
    """Delete this account's profiles of all seats; what is in use stays."""
    root = computer.own_folder() / _FOLDER
    with contextlib.suppress(OSError):
        for folder in matching_folders(root, _PROFILE):
            _remove_tree(folder)
        remove_files(root, _MARK)


def _remove_tree(folder: Path) -> None:
    """Delete a folder with all that is in it; a link is not followed."""
    if is_plain_folder(folder):
        shutil.rmtree(str(folder), ignore_errors=True)
