"""The issuer's signed statement about a file of registered photographs, and what each photograph is bound to.

The photographs themselves are sealed boxes for the room. A box says nothing of its maker, so the file is
signed too: with the key of licences, since both say who sits on a seat.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from signing.jws import canonical_json
from signing.tokens import VERSION, SignedClaims, require_form

_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEY_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class RegisteredPhotos(SignedClaims):
    """What the issuer signs: ``sha256`` is that of the file before the signature, ``photos`` their number.

    ``recipient`` is the id of the room's public key, ``at`` the time in seconds since 1970.
    """

    TYP: ClassVar[str] = "oneseat-photos+jws"

    exam: str
    at: int
    recipient: str
    photos: int
    sha256: str
    v: int

    def _check_form(self) -> None:
        require_form(bool(_KEY_ID.fullmatch(self.recipient)), "recipient")
        require_form(bool(_SHA256.fullmatch(self.sha256)), "sha256")
        require_form(self.photos >= 0, "photos")
        require_form(self.v == VERSION, "v")


def context(exam: str, jti: str) -> bytes:
    """What a photograph's box is bound to: the exam, and the licence of its seat."""
    return b"oneseat/photo/v1" + canonical_json({"exam": exam, "jti": jti})
