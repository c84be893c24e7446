"""Encrypted storage of the enrolled seats, in ``<shared>/<exam>/seats/<jti>/``.

``device.bin`` holds the device key. It is written before the portal is asked, so that an enrolment killed in
between finds the same key again; ``seat.bin`` completes the enrolment. Both are encrypted for this computer
(:meth:`Computer.wrap`); folders are named by pseudonym. Administrators write and all accounts read, since the
enrolling account may not be the candidate's. So every account can use the seats on this computer, and no
account can use them on another one.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List, NamedTuple, Optional, TypeVar

from nacl.exceptions import TypeError as NaclTypeError
from nacl.exceptions import ValueError as NaclValueError
from nacl.signing import SigningKey

from oneseat.client.computer.device import Device, Fingerprint
from oneseat.client.computer.protocol import Computer, FolderNotOurs, NotUnwrapped
from oneseat.client.errors import StateDamaged, StateFolderNotOurs, StateFromOtherComputer
from oneseat.client.local.storage import (
    matching_folders,
    read_small,
    read_wrapped,
    remove_files,
    remove_unfinished,
    storage_errors,
    wrapped,
    write_atomically,
)
from signing.binding import SEAT_KEY_BYTES
from signing.fields import Fields
from signing.jws import b64url_decode, b64url_encode, parse_object
from signing.os_faults import system_reason
from signing.refusals import TokenMalformed
from signing.text import Text, verbatim

_SEAT_FILE = "seat.bin"
_DEVICE_FILE = "device.bin"
_CHARTER_FILE = "charter.jws"
_VERSION = 1
_JTI = re.compile(r"[0-9a-f]{32}")
_SEAT_FILES = re.compile(r"(seat|device)\.bin(\.\d+\.part)?")
_SHARED_FILES = re.compile(r"(charter\.jws|installer-findings\.json)(\.(\d+\.)?part)?")
_OWN_FILES = re.compile(
    r"(charter\.jws|((help|upload)-)?[0-9a-f]{32}\.bin|picture-[0-9a-f]{32}-[123]\.bin"
    r"|mock-[0-9a-f]{32}\.json|terms-[0-9a-f]{32}\.jws)(\.\d+\.part)?"
)
_NO_FILES = re.compile(r"(?!)")
_EXAM = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Seat:
    """An enrolled seat: signed tokens, seat key, device.

    ``activation`` is None while the enrolment is provisional.
    """

    jti: str
    licence: str
    seat_key: bytes
    device: Device
    activation: Optional[str]


class StoredSeat(NamedTuple):
    """Content of ``seat.bin``."""

    licence: str
    seat_key: bytes
    activation: Optional[str]


def exam_folder(root: Path, exam: str) -> Path:
    """The folder of one exam under ``root``.

    Raises:
        StateDamaged: the exam's id is no plain folder name.
    """
    if not _EXAM.fullmatch(exam) or ".." in exam:
        raise StateDamaged(reason=Text("exam id", "属于另一场考试"))
    return root / exam


class Vault:
    """The seats of one exam on this computer."""

    def __init__(self, computer: Computer, exam: str) -> None:
        self._computer = computer
        self._exam = exam
        self._folder = exam_folder(computer.shared_folder(), exam)
        self._seats = self._folder / "seats"

    def jtis(self) -> List[str]:
        """List the completely enrolled seats, in no particular order.

        Raises:
            StateDamaged: the folder exists but cannot be listed.
        """
        try:
            names = [path.name for path in self._seats.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as fault:
            raise StateDamaged(reason=system_reason(fault)) from None
        return [name for name in names if _JTI.fullmatch(name) and self._path(name, _SEAT_FILE).exists()]

    def load(self, jti: str) -> Seat:
        """Load an enrolled seat.

        Raises:
            StateDamaged: a file is missing, damaged or in another format.
            StateFromOtherComputer: a file was not encrypted on this computer.
        """
        device = self.device(jti)
        stored = self._read_sealed(jti, _SEAT_FILE, read_seat)
        if device is None or stored is None:
            raise StateDamaged(reason=Text("missing file", "缺少文件"))
        return Seat(jti, stored.licence, stored.seat_key, device, stored.activation)

    def device(self, jti: str) -> Optional[Device]:
        """Load a seat's device key, even if the enrolment is incomplete; None if there is none.

        Raises:
            StateDamaged, StateFromOtherComputer: see :meth:`load`.
        """
        return self._read_sealed(jti, _DEVICE_FILE, read_device)

    def store_device(self, jti: str, device: Device) -> None:
        """Store a seat's device key.

        Raises:
            StorageFailed: it cannot be written; an earlier key is unchanged.
        """
        plain = {
            "v": _VERSION,
            "key": b64url_encode(bytes(device.key)),
            "fingerprint": device.fingerprint.plain(),
        }
        self._write_sealed(jti, _DEVICE_FILE, plain)

    def drop_device(self, jti: str) -> None:
        """Delete the device key of a refused seat, and folders that are empty without it.

        What cannot be deleted stays: the key belongs to no seat.
        """
        folder = self._seats / jti
        with contextlib.suppress(OSError):
            self._path(jti, _DEVICE_FILE).unlink()
            for path in (folder, self._seats, self._folder, self._computer.shared_folder()):
                path.rmdir()  # a folder that is not empty raises, which ends the loop

    def store(self, seat: Seat) -> None:
        """Store a seat, which completes or renews its enrolment. Its device must be stored already.

        Raises:
            StorageFailed: it cannot be written; an earlier enrolment is unchanged.
        """
        plain = {
            "v": _VERSION,
            "licence": seat.licence,
            "seat_key": b64url_encode(seat.seat_key),
            "activation": seat.activation,
        }
        self._write_sealed(seat.jti, _SEAT_FILE, plain)

    def charter(self) -> Optional[str]:
        """The newest charter token that an enrolment stored; the caller must verify it."""
        return read_text(self._folder / _CHARTER_FILE)

    def store_charter(self, token: str) -> None:
        """Store a charter token for all accounts.

        Raises:
            StorageFailed: it cannot be written.
        """
        with storage_errors():
            self._make_folder(self._folder)
            write_atomically(self._folder / _CHARTER_FILE, token.encode("ascii"))

    def _path(self, jti: str, name: str) -> Path:
        return self._seats / jti / name

    def _entropy(self, jti: str, name: str) -> bytes:
        return f"oneseat/vault/v1\0{self._exam}\0{jti}\0{name}".encode()

    def _read_sealed(self, jti: str, name: str, read: Callable[[bytes], _Value]) -> Optional[_Value]:
        try:
            content = read_wrapped(self._computer, self._path(jti, name), self._entropy(jti, name))
        except FileNotFoundError:
            return None
        except NotUnwrapped:
            raise StateFromOtherComputer from None
        return read(content)

    def _write_sealed(self, jti: str, name: str, plain: object) -> None:
        folder = self._seats / jti
        with storage_errors():
            for path in (self._folder, self._seats, folder):
                self._make_folder(path)
            remove_unfinished(folder)
            data = wrapped(self._computer, json.dumps(plain).encode(), self._entropy(jti, name))
            write_atomically(self._path(jti, name), data)

    def _make_folder(self, path: Path) -> None:
        for folder in (self._computer.shared_folder(), path):
            try:
                self._computer.make_shared_folder(folder)
            except FolderNotOurs:
                raise StateFolderNotOurs(folder=folder) from None


def forget_exam(computer: Computer, exam: str) -> None:
    """Delete one exam's seats from this computer, and this account's portal cache for it.

    State of other exams is kept: their clients may be installed too. Only files and folders of the names that
    this program writes are deleted, and no link is followed: this runs elevated, and another account may have
    made folders here before the first installation.

    Raises:
        StorageFailed: a file could not be deleted.
    """
    with storage_errors():
        folder = exam_folder(computer.shared_folder(), exam)
        for seat in matching_folders(folder / "seats", _JTI):
            remove_files(seat, _SEAT_FILES)
        remove_files(folder / "seats", _NO_FILES)
        remove_files(folder, _SHARED_FILES)
        remove_files(exam_folder(computer.own_folder(), exam), _OWN_FILES)
        for root in (computer.shared_folder(), computer.own_folder()):
            with contextlib.suppress(OSError):  # not empty: another exam's
                root.rmdir()


def read_text(path: Path) -> Optional[str]:
    """Read a small ASCII file; None if it is missing, unreadable or not ASCII."""
    try:
        return read_small(path).decode("ascii")
    except (FileNotFoundError, StateDamaged, UnicodeDecodeError):
        return None


def read_device(plain: bytes) -> Device:
    """Parse the decrypted ``device.bin``.

    Raises:
        StateDamaged: it is not in the format of this program.
    """
    return _parse_plain(plain, _parse_device)


def read_seat(plain: bytes) -> StoredSeat:
    """Parse the decrypted ``seat.bin``.

    Raises:
        StateDamaged: it is not in the format of this program.
    """
    return _parse_plain(plain, _parse_seat)


def _parse_plain(plain: bytes, parse: Callable[[Fields], _Value]) -> _Value:
    try:
        return parse(Fields(parse_object(plain)))
    except (TokenMalformed, NaclTypeError, NaclValueError):
        raise StateDamaged(reason=Text("content", "内容有误")) from None


def _parse_device(stored: Fields) -> Device:
    _check_version(stored)
    return Device(
        SigningKey(b64url_decode(stored.text("key"))), Fingerprint.parse(stored.child("fingerprint"))
    )


def _parse_seat(stored: Fields) -> StoredSeat:
    _check_version(stored)
    key = b64url_decode(stored.text("seat_key"))
    if len(key) != SEAT_KEY_BYTES:
        raise TokenMalformed(reason=verbatim("seat_key"))
    activation = stored.text("activation") if stored.plain().get("activation") is not None else None
    return StoredSeat(stored.text("licence"), key, activation)


def _check_version(stored: Fields) -> None:
    if stored.integer("v") != _VERSION:
        raise TokenMalformed(reason=verbatim("v"))
