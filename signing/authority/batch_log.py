"""Batches as an append-only log: manifest lines, signed heads, pseudonyms, proofs.

All batches of an exam are one Merkle tree (:mod:`signing.authority.merkle`) that only grows. A
batch's manifest is the lines that it added; its head signs the whole tree's size and
root and names the head before it. Each line says what became of one seat:

* ``show``: this licence and this installer are what the seat's owner gets from now on;
* ``withdraw``: the seat shows nothing any more.

The newest line of a pseudonym counts. So lines alone tell that no seat has two licences.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256

from signing import jws
from signing.authority import merkle
from signing.authority.errors import BatchHeadInvalid, ProofInvalid
from signing.authority.signer import Signer, sign_token
from signing.binding import KeyedHash, length_prefixed, normalise_admission_number
from signing.errors import OneSeatError
from signing.fields import Fields, decode_exactly
from signing.refusals import TokenMalformed

KEY_NAME = "batch"
"""The key that signs heads, in the authority's ring and, its public half, in the charter."""

HEAD_TYP = "oneseat-batch-head+jws"
VERSION = 1
SHOW, WITHDRAW = "show", "withdraw"

_HEX32, _HEX64 = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")
_PSEUDONYM = length_prefixed(b"oneseat/batch-seat/v1")
_PSEUDONYM_BYTES = 16
_MAX_PATH = 64


class Pseudonyms:
    """The pseudonym of an admission number in a manifest: HMAC-SHA256 under the exam secret, 128 bits.

    Admission numbers are few and regular, so that a bare hash of one could be reversed by
    trying them all.
    """

    def __init__(self, exam_secret: bytes) -> None:
        self._keyed = KeyedHash(exam_secret)

    def of(self, admission_number: str) -> str:
        """The pseudonym as 32 lower-case hexadecimal characters, the same in every batch."""
        number = normalise_admission_number(admission_number).encode()
        return self._keyed.digest(_PSEUDONYM + length_prefixed(number))[:_PSEUDONYM_BYTES].hex()


@dataclass(frozen=True)
class LogLine:
    """One line of a manifest: what becomes of a seat, named by its pseudonym.

    ``licence`` and ``sha256`` are the SHA-256 of the token and of the stamped installer,
    ``size`` the installer's bytes; a withdrawal has none of the three.
    """

    act: str
    seat: str
    jti: str
    licence: str = ""
    sha256: str = ""
    size: int = 0

    def to_bytes(self) -> bytes:
        """The line as canonical JSON, without a newline: what the tree's leaf hashes."""
        # Hexadecimal only, so nothing needs escaping; a test holds it against the encoder.
        if self.act == WITHDRAW:
            return f'{{"act":"withdraw","jti":"{self.jti}","seat":"{self.seat}"}}'.encode("ascii")
        return (
            f'{{"act":"show","jti":"{self.jti}","licence":"{self.licence}","seat":"{self.seat}",'
            f'"sha256":"{self.sha256}","size":{self.size}}}'
        ).encode("ascii")

    @classmethod
    def from_bytes(cls, data: bytes) -> LogLine:
        """Read a line.

        Raises:
            BatchHeadInvalid: it is not a manifest line in its canonical form.
        """
        try:
            line = cls(**jws.parse_object(data))
            if not line._well_formed() or line.to_bytes() != data:
                raise BatchHeadInvalid(what="The manifest line", reason="it is not in its canonical form")
        except (TokenMalformed, TypeError):
            raise BatchHeadInvalid(what="The manifest line", reason="it is not one") from None
        return line

    def _well_formed(self) -> bool:
        texts = (self.act, self.seat, self.jti, self.licence, self.sha256)
        if not all(isinstance(text, str) for text in texts) or type(self.size) is not int:
            return False
        named = bool(_HEX32.fullmatch(self.seat) and _HEX32.fullmatch(self.jti))
        if self.act == WITHDRAW:
            return named and (self.licence, self.sha256, self.size) == ("", "", 0)
        digests = bool(_HEX64.fullmatch(self.licence) and _HEX64.fullmatch(self.sha256))
        return self.act == SHOW and named and digests and self.size > 0


def licence_digest(token: str) -> str:
    """The SHA-256 of a licence token, as a line carries it."""
    return sha256(token.encode("ascii", "replace")).hexdigest()


@dataclass(frozen=True)
class TreeHead:
    """What a batch commits to: the first ``size`` lines of the exam's log, by their ``root``.

    ``batch`` counts from 1, ``release`` is the release it was published with, ``base``
    the SHA-256 of its base installer, ``iat`` when it was signed (RFC 7519 NumericDate).
    ``prev_size`` and ``prev_head`` are the size in the head before, and the SHA-256 of
    its token; 0 and "" for the first.
    """

    exam: str
    batch: int
    release: int
    base: str
    size: int
    root: str
    prev_size: int
    prev_head: str
    iat: int
    v: int = VERSION

    def sign(self, signer: Signer) -> str:
        """The head as a token under the batch key."""
        return sign_token(signer, HEAD_TYP, asdict(self))

    @property
    def root_hash(self) -> bytes:
        """The 32 bytes of the root."""
        return bytes.fromhex(self.root)

    @classmethod
    def verify(cls, token: str, keys: Mapping[str, bytes], exam: str) -> TreeHead:
        """The head in a token, when a batch key of the charter (by kid) signed it for this exam.

        Raises:
            BatchHeadInvalid: it is no head, another exam's, or signed by another key.
        """
        try:
            head = decode_exactly(cls, Fields(jws.verify(token, HEAD_TYP, keys)))
        except OneSeatError as refusal:
            raise BatchHeadInvalid(what="The batch head", reason=refusal.cause_text.en.rstrip(".")) from None
        if head.exam != exam:
            raise BatchHeadInvalid(what="The batch head", reason="it is another exam's")
        if not _HEX64.fullmatch(head.root) or head.v != VERSION or head.prev_size > head.size:
            raise BatchHeadInvalid(what="The batch head", reason="it contradicts itself")
        return head


def head_hash(token: str) -> str:
    """The SHA-256 of a head's token, by which the next head names it."""
    return sha256(token.encode("ascii")).hexdigest()


@dataclass(frozen=True)
class InclusionProof:
    """That a line is number ``position`` of the tree that a head signs."""

    head: str
    position: int
    line: str
    path: tuple[bytes, ...]

    def to_json(self) -> bytes:
        """The proof as a file."""
        return _document("inclusion", head=self.head, position=self.position, line=self.line, path=self.path)

    def check(self, keys: Mapping[str, bytes], exam: str) -> tuple[LogLine, TreeHead]:
        """The line and the head, when the one is part of the other.

        Raises:
            BatchHeadInvalid, ProofInvalid: a part is not what it should be, or does not lead to the root.
        """
        head = TreeHead.verify(self.head, keys, exam)
        data = self.line.encode("ascii", "replace")
        line = LogLine.from_bytes(data)
        leaf = merkle.leaf_hash(data)
        merkle.verify_inclusion(leaf, self.position, head.size, self.path, head.root_hash)
        return line, head


@dataclass(frozen=True)
class ConsistencyProof:
    """That the tree of a later head begins with every line of an earlier one's, in their order."""

    old: str
    new: str
    path: tuple[bytes, ...]

    def to_json(self) -> bytes:
        """The proof as a file."""
        return _document("consistency", old=self.old, new=self.new, path=self.path)

    def check(self, keys: Mapping[str, bytes], exam: str) -> tuple[TreeHead, TreeHead]:
        """Both heads, when the later one extends the earlier.

        Raises:
            BatchHeadInvalid, ProofInvalid: a head is not one, or the later tree is no extension.
        """
        old, new = (TreeHead.verify(token, keys, exam) for token in (self.old, self.new))
        merkle.verify_consistency(old.size, old.root_hash, new.size, new.root_hash, self.path)
        return old, new


Proof = InclusionProof | ConsistencyProof


def read_proof(data: bytes) -> Proof:
    """A proof as :meth:`InclusionProof.to_json` or :meth:`ConsistencyProof.to_json` wrote it.

    Raises:
        BatchHeadInvalid: it is neither.
    """
    try:
        fields = Fields(jws.parse_object(data))
        path = tuple(jws.b64url_decode(text) for text in fields.texts("path"))
        if len(path) > _MAX_PATH or any(len(item) != merkle.HASH_BYTES for item in path):
            raise ProofInvalid(reason="its path cannot be one")
        if fields.text("proof") == "inclusion":
            return InclusionProof(fields.text("head"), fields.integer("position"), fields.text("line"), path)
        if fields.text("proof") == "consistency":
            return ConsistencyProof(fields.text("old"), fields.text("new"), path)
    except TokenMalformed as refusal:
        raise BatchHeadInvalid(what="The proof", reason=refusal.cause_text.en.rstrip(".")) from None
    raise BatchHeadInvalid(what="The proof", reason="it is of no known kind")


def _document(kind: str, *, path: tuple[bytes, ...], **members: object) -> bytes:
    document = {"proof": kind, **members, "path": [jws.b64url_encode(item) for item in path]}
    return json.dumps(document, indent=2).encode() + b"\n"
