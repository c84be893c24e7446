"""The seats enrolled on this computer: ``<shared>/<exam>/seats/<jti>/``.

``device.bin`` holds the device key and is written before the portal is asked, so that
an enrolment killed in between finds the same key again; ``seat.bin`` completes it.
Both are wrapped for this computer (:meth:`Computer.wrap`) and named by pseudonym.
Administrators write; all accounts read, since the enrolling account need not be the
candidate's. So an account of this computer can use what is here on this computer, and
nobody can use it elsewhere.
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
from oneseat.client.computer.protocol import Computer, NotUnwrapped
from oneseat.client.errors import StateDamaged, StateFromOtherComputer
from oneseat.client.local.storage import framed, read_small, storing, sweep, unframed, write_atomically
from signing.binding import SEAT_KEY_BYTES
from signing.fields import Fields
from signing.jws import b64url_decode, b64url_encode, parse_object
from signing.refusals import TokenMalformed

_SEAT_FILE = "seat.bin"
_DEVICE_FILE = "device.bin"
_CHARTER_FILE = "charter.jws"
_VERSION = 1
_JTI = re.compile(r"[0-9a-f]{32}")
_EXAM = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Seat:
    """An enrolled seat as it was stored: signed tokens, the seat key, the device.

    ``activation`` is None while the enrolment is provisional.
    """

    jti: str
    licence: str
    seat_key: bytes
    device: Device
    activation: Optional[str]


class StoredSeat(NamedTuple):
    """What ``seat.bin`` holds."""

    licence: str
    seat_key: bytes
    activation: Optional[str]


def exam_folder(root: Path, exam: str) -> Path:
    """The folder of one exam under ``root``.

    Raises:
        StateDamaged: the exam's id could leave the folder.
    """
    if not _EXAM.fullmatch(exam) or ".." in exam:
        raise StateDamaged(reason="exam id")
    return root / exam


class Vault:
    """The seats of one exam on this computer."""

    def __init__(self, computer: Computer, exam: str) -> None:
        self._computer = computer
        self._exam = exam
        self._folder = exam_folder(computer.shared_folder(), exam)
        self._seats = self._folder / "seats"

    def jtis(self) -> List[str]:
        """The seats that are completely enrolled, in no promised order.

        Raises:
            StateDamaged: the folder is there and cannot be listed.
        """
        try:
            names = [path.name for path in self._seats.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as fault:
            raise StateDamaged(reason=fault.strerror or "unreadable") from None
        return [name for name in names if _JTI.fullmatch(name) and self._path(name, _SEAT_FILE).exists()]

    def load(self, jti: str) -> Seat:
        """One enrolled seat.

        Raises:
            StateDamaged: a file is missing, damaged or not ours.
            StateFromOtherComputer: it was not wrapped on this computer.
        """
        device = self.device(jti)
        stored = self._open(jti, _SEAT_FILE, read_seat)
        if device is None or stored is None:
            raise StateDamaged(reason="missing file")
        return Seat(jti, stored.licence, stored.seat_key, device, stored.activation)

    def device(self, jti: str) -> Optional[Device]:
        """The device key that was made for a seat, even where its enrolment never completed.

        Raises:
            StateDamaged, StateFromOtherComputer: as for :meth:`load`.
        """
        return self._open(jti, _DEVICE_FILE, read_device)

    def store_device(self, jti: str, device: Device) -> None:
        """Keep a seat's device key.

        Raises:
            StorageFailed: the system refuses; an earlier key is untouched.
        """
        plain = {
            "v": _VERSION,
            "key": b64url_encode(bytes(device.key)),
            "fingerprint": device.fingerprint.plain(),
        }
        self._seal(jti, _DEVICE_FILE, plain)

    def drop_device(self, jti: str) -> None:
        """Take back a device key whose seat was refused, and the folders that it alone needed.

        What cannot be removed stays: it is a key to nothing.
        """
        folder = self._seats / jti
        with contextlib.suppress(OSError):
            self._path(jti, _DEVICE_FILE).unlink()
            for path in (folder, self._seats, self._folder, self._computer.shared_folder()):
                path.rmdir()  # fails, and ends the climb, where something else is in it

    def store(self, seat: Seat) -> None:
        """Complete a seat's enrolment, or renew it. Its device must be stored already.

        Raises:
            StorageFailed: the system refuses; an earlier enrolment is untouched.
        """
        plain = {
            "v": _VERSION,
            "licence": seat.licence,
            "seat_key": b64url_encode(seat.seat_key),
            "activation": seat.activation,
        }
        self._seal(seat.jti, _SEAT_FILE, plain)

    def charter(self) -> Optional[str]:
        """The newest charter that an enrolment learnt from the portal; it proves itself by its signature."""
        return read_text(self._folder / _CHARTER_FILE)

    def store_charter(self, token: str) -> None:
        """Keep a charter for all accounts.

        Raises:
            StorageFailed: the system refuses.
        """
        with storing():
            self._make(self._folder)
            write_atomically(self._folder / _CHARTER_FILE, token.encode("ascii"))

    def _path(self, jti: str, name: str) -> Path:
        return self._seats / jti / name

    def _entropy(self, jti: str, name: str) -> bytes:
        return f"oneseat/vault/v1\0{self._exam}\0{jti}\0{name}".encode()

    def _open(self, jti: str, name: str, read: Callable[[bytes], _Value]) -> Optional[_Value]:
        try:
            blob = unframed(read_small(self._path(jti, name)))
        except FileNotFoundError:
            return None
        try:
            return read(self._computer.unwrap(blob, self._entropy(jti, name)))
        except NotUnwrapped:
            raise StateFromOtherComputer from None

    def _seal(self, jti: str, name: str, plain: object) -> None:
        folder = self._seats / jti
        with storing():
            for path in (self._folder, self._seats, folder):
                self._make(path)
            sweep(folder)
            blob = self._computer.wrap(json.dumps(plain).encode(), self._entropy(jti, name))
            write_atomically(self._path(jti, name), framed(blob))

    def _make(self, path: Path) -> None:
        self._computer.make_shared_folder(self._computer.shared_folder())
        self._computer.make_shared_folder(path)


def forget_exam(computer: Computer, exam: str) -> None:
    """Remove one exam's seats from this computer, and what this account learnt from its portal.

    Other exams' clients may be installed beside it; their state stays.

    Raises:
        StorageFailed: something could not be removed.
    """
    import shutil  # here: what it needs would slow every start

    with storing():
        for root in (computer.shared_folder(), computer.own_folder()):
            folder = exam_folder(root, exam)
            if folder.is_dir():
                shutil.rmtree(str(folder))
            with contextlib.suppress(OSError):  # not empty: another exam's
                root.rmdir()


def read_text(path: Path) -> Optional[str]:
    """A small ASCII file, or None where it is absent, unreadable or something else."""
    try:
        return read_small(path).decode("ascii")
    except (FileNotFoundError, StateDamaged, UnicodeDecodeError):
        return None


def read_device(plain: bytes) -> Device:
    """What ``device.bin`` holds, unwrapped.

    Raises:
        StateDamaged: this program did not write it.
    """
    return _reading(plain, _parse_device)


def read_seat(plain: bytes) -> StoredSeat:
    """What ``seat.bin`` holds, unwrapped.

    Raises:
        StateDamaged: this program did not write it.
    """
    return _reading(plain, _parse_seat)


def _reading(plain: bytes, parse: Callable[[Fields], _Value]) -> _Value:
    try:
        return parse(Fields(parse_object(plain)))
    except (TokenMalformed, NaclTypeError, NaclValueError):
        raise StateDamaged(reason="content") from None


def _parse_device(stored: Fields) -> Device:
    _check_version(stored)
    return Device(
        SigningKey(b64url_decode(stored.text("key"))), Fingerprint.parse(stored.child("fingerprint"))
    )


def _parse_seat(stored: Fields) -> StoredSeat:
    _check_version(stored)
    key = b64url_decode(stored.text("seat_key"))
    if len(key) != SEAT_KEY_BYTES:
        raise TokenMalformed(reason="seat_key")
    activation = stored.text("activation") if stored.plain().get("activation") is not None else None
    return StoredSeat(stored.text("licence"), key, activation)


def _check_version(stored: Fields) -> None:
    if stored.integer("v") != _VERSION:
        raise TokenMalformed(reason="v")
