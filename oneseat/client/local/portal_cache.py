"""What this account learnt from the portal since enrolment: ``<own>/<exam>/``.

The candidate's account may not write the shared state, so newer charters and
activations (signed, so their place does not matter) and withdrawals are noted here.
Removing a note gains nothing: the portal repeats it at the next contact, and gives no
entry ticket to a seat that it withdrew.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any, Dict, Optional

from oneseat.client.computer.protocol import Computer, NotUnwrapped
from oneseat.client.errors import PortalRefused, SeatWithdrawn, StateDamaged
from oneseat.client.local.storage import framed, read_small, storing, unframed, write_atomically
from oneseat.client.local.vault import exam_folder, read_text
from signing.jws import parse_object
from signing.refusals import TokenMalformed
from signing.text import Text


class Notebook:
    """One account's notes about one exam. A damaged note counts as absent."""

    def __init__(self, computer: Computer, exam: str) -> None:
        self._computer = computer
        self._exam = exam
        self._folder = exam_folder(computer.own_folder(), exam)

    def charter(self) -> Optional[str]:
        """The newest charter noted; it proves itself by its signature."""
        return read_text(self._folder / "charter.jws")

    def note_charter(self, token: str) -> None:
        """Keep a charter.

        Raises:
            StorageFailed: the system refuses.
        """
        self._write("charter.jws", token.encode("ascii"))

    def activation(self, jti: str) -> Optional[str]:
        """The activation noted for a seat; it proves itself by its signature."""
        token = self._note(jti).get("activation")
        return token if isinstance(token, str) else None

    def note_activation(self, jti: str, token: str) -> None:
        """Keep an activation; a withdrawal noted before is over.

        Raises:
            StorageFailed: the system refuses.
        """
        self._write_note(jti, {"activation": token})

    def check_not_withdrawn(self, jti: str) -> None:
        """Hold a seat against what the portal said last.

        Raises:
            SeatWithdrawn: it said that the seat may not be used here any more.
        """
        said = self._note(jti).get("withdrawn")
        if not isinstance(said, dict):
            return
        try:
            cause, advice = Text(*map(str, said["said"])), Text(*map(str, said["advice"]))
            code = str(said["code"])
        except (KeyError, TypeError):
            return
        raise SeatWithdrawn(said=cause, advice=advice, code_then=code)

    def note_withdrawal(self, jti: str, refusal: PortalRefused) -> None:
        """Keep the portal's final refusal.

        Raises:
            StorageFailed: the system refuses.
        """
        said = {"code": refusal.code, "said": refusal.facts["said"], "advice": refusal.facts["advice"]}
        self._write_note(jti, {"withdrawn": said})

    def _name(self, jti: str) -> str:
        return f"{jti}.bin"

    def _entropy(self, jti: str) -> bytes:
        return f"oneseat/notebook/v1\0{self._exam}\0{jti}".encode()

    def _note(self, jti: str) -> Dict[str, Any]:
        with contextlib.suppress(FileNotFoundError, StateDamaged, NotUnwrapped, TokenMalformed):
            blob = unframed(read_small(self._folder / self._name(jti)))
            return parse_object(self._computer.unwrap(blob, self._entropy(jti)))
        return {}

    def _write_note(self, jti: str, note: Dict[str, Any]) -> None:
        with storing():
            blob = self._computer.wrap(json.dumps(note).encode(), self._entropy(jti))
        self._write(self._name(jti), framed(blob))

    def _write(self, name: str, data: bytes) -> None:
        with storing():
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._folder / name, data)
