"""Hash chain of what a client's guard noticed in an attempt: each event names the one before, and is signed.

The client makes the chain with its device key. The room, and later all who have the evidence, can tell from
it that no event was changed, and that none between two others is missing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Dict, Mapping, Union

from signing import binding, jws
from signing.fields import Fields
from signing.refusals import SignatureInvalid, TokenMalformed
from signing.text import verbatim

Fact = Union[str, int, bool]

MAX_FACTS = 16
_DIGEST_HEX = 64


def genesis(attempt: str) -> str:
    """What the first event of an attempt names as the one before it."""
    return hashlib.sha256(binding.length_prefixed(b"oneseat/guard-chain/v1", attempt.encode())).hexdigest()


@dataclass(frozen=True)
class GuardEvent:
    """One event. ``at`` is the client's time, ``seen`` the room's time that it saw last; both RFC 3339.

    ``previous`` is the hash of the event before, ``code`` names what happened, ``facts`` has names, numbers
    and flags. ``signature`` is the device's, in base64url.
    """

    sequence: int
    previous: str
    at: str
    code: str
    facts: Mapping[str, Fact]
    seen: str
    signature: str = ""

    def hash(self, attempt: str) -> str:
        """The event's hash (SHA-256, hexadecimal), which the signature covers and the next event names."""
        content = {**self._content(), "attempt": attempt}
        return hashlib.sha256(jws.canonical_json(content)).hexdigest()

    def message(self, attempt: str) -> bytes:
        """What the device signs."""
        return binding.length_prefixed(b"oneseat/guard-event/v1", bytes.fromhex(self.hash(attempt)))

    def is_signed_by(self, attempt: str, device_key: bytes) -> bool:
        """Whether the signature is the device's over this event of this attempt."""
        try:
            jws.verify_bytes(self.message(attempt), jws.b64url_decode(self.signature), device_key)
        except (TokenMalformed, SignatureInvalid):
            return False
        return True

    def signed(self, signature: bytes) -> GuardEvent:
        """Return the event with a signature."""
        return replace(self, signature=jws.b64url_encode(signature))

    def wire(self) -> Dict[str, Any]:
        """The event as JSON."""
        return {**self._content(), "signature": self.signature}

    def _content(self) -> Dict[str, Any]:
        return {
            "sequence": self.sequence,
            "previous": self.previous,
            "at": self.at,
            "code": self.code,
            "facts": dict(self.facts),
            "server_time_seen": self.seen,
        }


def parse(fields: Fields) -> GuardEvent:
    """Parse an event.

    Raises:
        TokenMalformed: a member is missing or has the wrong form.
    """
    facts = fields.child("facts").plain()
    previous = fields.text("previous")
    fields.instant("at")
    if len(previous) != _DIGEST_HEX or len(facts) > MAX_FACTS or not all(map(_is_fact, facts.values())):
        raise TokenMalformed(reason=verbatim("facts"))
    return GuardEvent(
        fields.integer("sequence"),
        previous,
        fields.text("at"),
        fields.text("code"),
        facts,
        fields.text("server_time_seen"),
        fields.text("signature"),
    )


def _is_fact(value: object) -> bool:
    return isinstance(value, (str, bool, int))
