"""Verifies the certificate of an erasure without database, store or network.

Trust begins at the exam's root key. The certificate holds the charter that lists the receipt key of its
signature, so it is verified after keys were rotated too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from oneseat.room.refusals.keeping import CertificateFaulty
from signing import charter as charters_kernel
from signing.authority.evidence import Erasure
from signing.errors import OneSeatError
from signing.os_faults import system_reason
from signing.text import Text

TOTALS = ("objects", "size_bytes", "rows")
_MOST_BYTES = 256 << 20
_MALFORMED = Text("it has another form", "格式不正确")
_OTHER_CONTENT = Text("the document was changed after it was signed", "文件在签名后被改动")
_CONTRADICTION = Text("its totals, exam or time contradict each other", "合计、考试或时间前后不一致")


@dataclass(frozen=True)
class Certified:
    """What a certificate says: exam, time, how many erasures, objects, bytes and rows, and attempts held."""

    exam: str
    made_at: str
    erasures: int
    objects: int
    size_bytes: int
    rows: int
    held: int


def verify(path: Path, root_public_key: bytes) -> Certified:
    """Verify a certificate: ``path`` is its document (.json) or its signature (.jws); the other is beside it.

    Raises:
        CertificateFaulty: a file is missing, or it is not as the room of an exam of this root key signed it.
    """
    content, token = _read(path.with_suffix(".json")), _read(path.with_suffix(".jws"))
    try:
        document = json.loads(content)
        charter = charters_kernel.verify(document["charter_token"], root_public_key)
        keys = charter.room.receipt_keys_by_kid if charter.room is not None else {}
        claims = Erasure.verify(token.decode("ascii").strip(), keys)
    except OneSeatError as error:
        raise CertificateFaulty(reason=error.cause_text.clause()) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CertificateFaulty(reason=_MALFORMED) from None
    if hashlib.sha256(content).hexdigest() != claims.document:
        raise CertificateFaulty(reason=_OTHER_CONTENT)
    try:
        certified = Certified(**{member.name: document[member.name] for member in fields(Certified)})
        is_sound = charter.exam == claims.exam == certified.exam and _adds_up(document, claims)
    except (ValueError, KeyError, TypeError):
        raise CertificateFaulty(reason=_MALFORMED) from None
    if not is_sound:
        raise CertificateFaulty(reason=_CONTRADICTION)
    return certified


def _adds_up(document: Mapping[str, Any], claims: Erasure) -> bool:
    """Whether the totals are those of the listed erasures, and the time is the signature's."""
    erased = document["erased"]
    sums = all(document[name] == sum(each[name] for each in erased) for name in TOTALS)
    made_at = int(datetime.fromisoformat(document["made_at"]).timestamp())
    return sums and document["erasures"] == len(erased) and made_at == claims.at


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        reason = system_reason(error)
        named = Text(f"{path.name}: {reason.en}", f"{path.name}：{reason.zh}")
        raise CertificateFaulty(reason=named) from None
