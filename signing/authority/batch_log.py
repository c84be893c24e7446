"""The append-only log of published batches: manifest lines, signed tree heads, pseudonyms, proofs.

All published batches of an exam are one Merkle tree (:mod:`signing.authority.merkle`) that only
grows. A batch's manifest is the lines that it added. Its head signs size and root of the whole
tree and names the head before it. Each line records an act on one seat:

* ``show``: the seat's owner gets this licence and this installer from now on;
* ``withdraw``: the seat's owner gets no artefact any more.

A seat may have two artefacts, the installer and the phone app. The newest line of a pseudonym and an
artefact counts, so the lines show that no seat has two licences for one.
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
from signing.binding import KeyedHash, length_prefixed
from signing.errors import OneSeatError
from signing.fields import Fields, decode_exactly
from signing.normal_forms import normalise_admission_number
from signing.refusals import TokenMalformed
from signing.text import Text

KEY_NAME = "batch"
"""The name of the key that signs tree heads, in the authority's ring and in the charter."""

HEAD_TYP = "oneseat-batch-head+jws"
VERSION = 1
SHOW, WITHDRAW = "show", "withdraw"
ARTEFACTS = INSTALLER, PHONE = "installer", "phone"

_HEX32, _HEX64 = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{64}")
_PSEUDONYM = length_prefixed(b"oneseat/batch-seat/v1")
_PSEUDONYM_BYTES = 16
_MAX_PATH = 64


class Pseudonyms:
    """Derives pseudonyms of admission numbers for manifests: HMAC-SHA256 under the exam secret, 128 bits.

    Admission numbers are few and regular, so an unkeyed hash could be reversed by trying them all.
    """

    def __init__(self, exam_secret: bytes) -> None:
        self._keyed = KeyedHash(exam_secret)

    def of(self, admission_number: str) -> str:
        """Derive the pseudonym, 32 lower-case hexadecimal characters; it is the same in every batch."""
        number = normalise_admission_number(admission_number).encode()
        return self._keyed.digest(_PSEUDONYM + length_prefixed(number))[:_PSEUDONYM_BYTES].hex()


@dataclass(frozen=True)
class LogLine:
    """One line of a manifest: an act on a seat, which is named by its pseudonym.

    ``licence`` and ``sha256`` are the SHA-256 of the token and of the stamped file; ``size``
    is the file's size in bytes. A withdrawal has none of the three. ``artefact`` is left out of the
    line of an installer.
    """

    act: str
    seat: str
    jti: str
    licence: str = ""
    sha256: str = ""
    size: int = 0
    artefact: str = INSTALLER

    def to_bytes(self) -> bytes:
        """Encode as canonical JSON without a newline: the bytes of the tree's leaf."""
        # Hexadecimal only, so nothing needs escaping; a test compares it with the encoder.
        if self.act == WITHDRAW:
            return f'{{"act":"withdraw","jti":"{self.jti}","seat":"{self.seat}"}}'.encode("ascii")
        artefact = "" if self.artefact == INSTALLER else f'"artefact":"{self.artefact}",'
        return (
            f'{{"act":"show",{artefact}"jti":"{self.jti}","licence":"{self.licence}","seat":"{self.seat}",'
            f'"sha256":"{self.sha256}","size":{self.size}}}'
        ).encode("ascii")

    @classmethod
    def from_bytes(cls, data: bytes) -> LogLine:
        """Decode a line.

        Raises:
            BatchHeadInvalid: the data is not a manifest line in its canonical form.
        """
        try:
            line = cls(**jws.parse_object(data))
            if not line._well_formed() or line.to_bytes() != data:
                raise BatchHeadInvalid(
                    what=Text("The manifest line", "清单行"),
                    reason=Text("it is not in its canonical form", "不是规范格式"),
                )
        except (TokenMalformed, TypeError):
            raise BatchHeadInvalid(
                what=Text("The manifest line", "清单行"), reason=Text("it is not one", "格式不符")
            ) from None
        return line

    def _well_formed(self) -> bool:
        texts = (self.act, self.seat, self.jti, self.licence, self.sha256)
        if not all(isinstance(text, str) for text in texts) or type(self.size) is not int:
            return False
        named = bool(_HEX32.fullmatch(self.seat) and _HEX32.fullmatch(self.jti))
        if self.act == WITHDRAW:
            return named and (self.licence, self.sha256, self.size, self.artefact) == ("", "", 0, INSTALLER)
        digests = bool(_HEX64.fullmatch(self.licence) and _HEX64.fullmatch(self.sha256))
        return self.act == SHOW and self.artefact in ARTEFACTS and named and digests and self.size > 0


def licence_digest(token: str) -> str:
    """Compute the SHA-256 of a licence token for its line."""
    return sha256(token.encode("ascii", "replace")).hexdigest()


@dataclass(frozen=True)
class TreeHead:
    """A published batch's commitment to the first ``size`` lines of the exam's log, by their ``root``.

    ``batch`` counts from 1. ``release`` is the release that it was published with, ``base`` the
    SHA-256 of its base installer, ``iat`` the signing time (RFC 7519 NumericDate). ``prev_size``
    and ``prev_head`` are the previous head's size and its token's SHA-256; 0 and "" for the first.
    ``phone`` is the SHA-256 of the phone app's base; it is left out of the token where there is none.
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
    phone: str = ""

    def sign(self, signer: Signer) -> str:
        """Sign the head with the batch key and return the token."""
        claims = asdict(self)
        if not self.phone:
            del claims["phone"]
        return sign_token(signer, HEAD_TYP, claims)

    @property
    def root_hash(self) -> bytes:
        """The root as 32 bytes."""
        return bytes.fromhex(self.root)

    @classmethod
    def verify(cls, token: str, keys: Mapping[str, bytes], exam: str) -> TreeHead:
        """Verify a tree head against the charter's batch keys (by kid) and decode it.

        Raises:
            BatchHeadInvalid: the token is no tree head, is another exam's, or has another key's signature.
        """
        try:
            head = decode_exactly(cls, Fields({"phone": "", **jws.verify(token, HEAD_TYP, keys)}))
        except OneSeatError as refusal:
            raise BatchHeadInvalid(
                what=Text("The batch head", "批次摘要"), reason=refusal.cause_text.clause()
            ) from None
        if head.exam != exam:
            raise BatchHeadInvalid(
                what=Text("The batch head", "批次摘要"),
                reason=Text("it is another exam's", "它属于另一场考试"),
            )
        if not _HEX64.fullmatch(head.root) or head.v != VERSION or head.prev_size > head.size:
            raise BatchHeadInvalid(
                what=Text("The batch head", "批次摘要"), reason=Text("it contradicts itself", "内容自相矛盾")
            )
        return head


def head_hash(token: str) -> str:
    """Compute the SHA-256 of a head's token, by which the next head names it."""
    return sha256(token.encode("ascii")).hexdigest()


@dataclass(frozen=True)
class InclusionProof:
    """A proof that a line is leaf ``position`` of the tree that a head signs."""

    head: str
    position: int
    line: str
    path: tuple[bytes, ...]

    def to_json(self) -> bytes:
        """Encode the proof for a file."""
        return _document("inclusion", head=self.head, position=self.position, line=self.line, path=self.path)

    def check(self, keys: Mapping[str, bytes], exam: str) -> tuple[LogLine, TreeHead]:
        """Verify the proof and return line and head.

        Raises:
            BatchHeadInvalid: the head or the line is malformed, or the head does not verify.
            ProofInvalid: the path does not lead to the root.
        """
        head = TreeHead.verify(self.head, keys, exam)
        data = self.line.encode("ascii", "replace")
        line = LogLine.from_bytes(data)
        leaf = merkle.leaf_hash(data)
        merkle.verify_inclusion(leaf, self.position, head.size, self.path, head.root_hash)
        return line, head


@dataclass(frozen=True)
class ConsistencyProof:
    """A proof that a later head's tree begins with all lines of an earlier head's tree, in order."""

    old: str
    new: str
    path: tuple[bytes, ...]

    def to_json(self) -> bytes:
        """Encode the proof for a file."""
        return _document("consistency", old=self.old, new=self.new, path=self.path)

    def check(self, keys: Mapping[str, bytes], exam: str) -> tuple[TreeHead, TreeHead]:
        """Verify the proof and return both heads.

        Raises:
            BatchHeadInvalid: a head is malformed or does not verify.
            ProofInvalid: the later tree does not extend the earlier one.
        """
        old, new = (TreeHead.verify(token, keys, exam) for token in (self.old, self.new))
        merkle.verify_consistency(old.size, old.root_hash, new.size, new.root_hash, self.path)
        return old, new


Proof = InclusionProof | ConsistencyProof


def read_proof(data: bytes) -> Proof:
    """Decode a proof that :meth:`InclusionProof.to_json` or :meth:`ConsistencyProof.to_json` encoded.

    Raises:
        BatchHeadInvalid: the data is neither.
        ProofInvalid: its path is too long, or holds something else than hashes.
    """
    try:
        fields = Fields(jws.parse_object(data))
        path = tuple(jws.b64url_decode(text) for text in fields.texts("path"))
        if len(path) > _MAX_PATH or any(len(item) != merkle.HASH_BYTES for item in path):
            raise ProofInvalid(reason=Text("its path cannot be one", "路径不合规定"))
        if fields.text("proof") == "inclusion":
            return InclusionProof(fields.text("head"), fields.integer("position"), fields.text("line"), path)
        if fields.text("proof") == "consistency":
            return ConsistencyProof(fields.text("old"), fields.text("new"), path)
    except TokenMalformed as refusal:
        raise BatchHeadInvalid(what=Text("The proof", "证明"), reason=refusal.cause_text.clause()) from None
    raise BatchHeadInvalid(what=Text("The proof", "证明"), reason=Text("it is of no known kind", "类型未知"))


def _document(kind: str, *, path: tuple[bytes, ...], **members: object) -> bytes:
    document = {"proof": kind, **members, "path": [jws.b64url_encode(item) for item in path]}
    return json.dumps(document, indent=2).encode() + b"\n"
