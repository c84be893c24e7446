"""What is signed of an upload so that a server compares it: SHA-256 and length, as strictly as it can."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from oneseat.store.segments.presign import UNSIGNED_PAYLOAD
from oneseat.store.segments.protocol import SegmentUpload


class BodyCheck(Enum):
    """The signed header by which a server compares a body's SHA-256 before it stores anything."""

    CHECKSUM = "x-amz-checksum-sha256"
    PAYLOAD = "x-amz-content-sha256"
    NONE = ""
    """None: other bytes of the same length are found only when they are read."""


@dataclass(frozen=True)
class Signing:
    """What is signed besides host and Content-Type."""

    body: BodyCheck = BodyCheck.CHECKSUM
    length: bool = True

    def headers(self, upload: SegmentUpload) -> dict[str, str]:
        """The headers for the SHA-256 that a page must send."""
        if self.body is BodyCheck.CHECKSUM:
            digest = base64.b64encode(bytes.fromhex(upload.sha256)).decode("ascii")
            return {self.body.value: digest}
        return {self.body.value: upload.sha256} if self.body is BodyCheck.PAYLOAD else {}

    def payload(self, upload: SegmentUpload) -> str:
        """What the signature says of the body."""
        return upload.sha256 if self.body is BodyCheck.PAYLOAD else UNSIGNED_PAYLOAD


def by_strictness() -> Iterator[Signing]:
    """Yield what can be signed, the strictest first. Content-MD5 is missing: browsers compute no MD5."""
    for body in BodyCheck:
        for length in (True, False):
            yield Signing(body, length)
