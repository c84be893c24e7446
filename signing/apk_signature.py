"""Reads the signatures of an APK (schemes v2 and v3), and computes the digest that they sign.

Source: "APK Signature Scheme v2" and "v3" of the Android Open Source Project. The content digest is over
chunks of 1 MiB of three sections: what lies before the signing block, the central directory, and the end
record as if the block were not there. So no byte of the block counts. Whether a signature verifies under its
certificate is for :mod:`signing.authority.apk_verification`, which may use a library for it.
"""

from __future__ import annotations

import hashlib
import struct
from typing import BinaryIO, Dict, Iterator, List, NamedTuple, Set, Tuple

from signing import apk, pe
from signing.refusals import ApkMalformed, ApkSignatureWrong
from signing.text import Text

HASHES: Dict[int, str] = {
    0x0101: "sha256",
    0x0102: "sha512",
    0x0103: "sha256",
    0x0104: "sha512",
    0x0201: "sha256",
    0x0202: "sha512",
}
"""The content digest of each signature algorithm: RSA-PSS, RSA PKCS #1 v1.5, ECDSA; 256 and 512 bits each."""

_CHUNK_BYTES = 1 << 20
_U32 = struct.Struct("<I")
_CHUNK_HEADER = struct.Struct("<BI")
_OF_CHUNK, _OF_ALL = 0xA5, 0x5A
_STRIPPING_PROTECTION, _V3 = 0xBEEFF00D, 3
"""An attribute of v2: the app is signed with a newer scheme as well, so its removal is noticed."""


class Signer(NamedTuple):
    """One scheme's only signer: what is signed, and by algorithm the content digests in it and signatures."""

    pair_id: int
    signed_data: bytes
    digests: Dict[int, bytes]
    certificate: bytes
    signatures: Dict[int, bytes]
    public_key: bytes
    protected: bool
    """Whether v2 says that there is v3 as well."""


class _Parts:
    """A cursor over length-prefixed parts."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def u32(self) -> int:
        (value,) = _U32.unpack(self._take(4))
        return int(value)

    def part(self) -> bytes:
        return self._take(self.u32())

    def parts(self) -> List[bytes]:
        """All parts of the next part."""
        inner = _Parts(self.part())
        found = []
        while inner.more:
            found.append(inner.part())
        return found

    def by_id(self) -> Dict[int, bytes]:
        """Number and length-prefixed content of each part of the next part."""
        found: Dict[int, bytes] = {}
        for piece in self.parts():
            inner = _Parts(piece)
            number, content = inner.u32(), inner.part()
            if number in found or inner.more:
                raise _broken()
            found[number] = content
        return found

    @property
    def more(self) -> bool:
        return self._at < len(self._data)

    @property
    def rest(self) -> bytes:
        return self._data[self._at :]

    def _take(self, count: int) -> bytes:
        if count > len(self._data) - self._at:
            raise _broken()
        piece = self._data[self._at : self._at + count]
        self._at += count
        return piece


def _broken() -> ApkSignatureWrong:
    return ApkSignatureWrong(reason=Text("its structure is damaged", "签名结构已损坏"))


def signers(file: BinaryIO, layout: apk.Layout) -> List[Signer]:
    """Read the signer of v2, and that of v3 where there is one. Nothing is verified.

    Raises:
        ApkMalformed: the file ended early.
        ApkSignatureWrong: a scheme has not exactly one signer, or a structure is damaged.
    """
    found = (layout.find(pair_id) for pair_id in (apk.V2_ID, apk.V3_ID))
    return [_signer(pair.id, apk.read_pair(file, pair)) for pair in found if pair is not None]


def _signer(pair_id: int, value: bytes) -> Signer:
    whole = _Parts(value)
    every = whole.parts()
    if len(every) != 1 or whole.more:
        raise ApkSignatureWrong(reason=Text("not exactly one signer", "签名者不是恰好一个"))
    outer = _Parts(every[0])
    signed_data = outer.part()
    inner = _Parts(signed_data)
    digests, certificates = inner.by_id(), inner.parts()
    if pair_id == apk.V3_ID and (inner.u32(), inner.u32()) != (outer.u32(), outer.u32()):
        raise ApkSignatureWrong(reason=Text("its versions of Android differ", "签名适用的系统版本前后不一致"))
    protected = _is_protected(inner.parts()) if pair_id == apk.V2_ID else False
    signatures, public_key = outer.by_id(), outer.part()
    if outer.more or not certificates or list(digests) != list(signatures):
        raise _broken()
    return Signer(pair_id, signed_data, digests, certificates[0], signatures, public_key, protected)


def _is_protected(attributes: List[bytes]) -> bool:
    for attribute in attributes:
        content = _Parts(attribute)
        if content.u32() == _STRIPPING_PROTECTION and content.u32() == _V3:
            return True
    return False


def content_digest(file: BinaryIO, layout: apk.Layout, name: str = "sha256") -> bytes:
    """Compute the content digest with a hash function by its name.

    Raises:
        ApkMalformed: the file became shorter while it was read.
    """
    digests = []
    for header, chunk in _chunks(file, layout):
        digest = hashlib.new(name, header)
        digest.update(chunk)
        digests.append(digest.digest())
    return hashlib.new(name, _CHUNK_HEADER.pack(_OF_ALL, len(digests)) + b"".join(digests)).digest()


def _chunks(file: BinaryIO, layout: apk.Layout) -> Iterator[Tuple[bytes, bytes]]:
    """Yield every chunk with the header that is hashed before it."""
    shorter = ApkMalformed(reason=Text("the file changed while it was read", "读取时文件发生了变化"))
    for start, end in ((0, layout.block_at), (layout.directory_at, layout.end_at)):
        for at in range(start, end, _CHUNK_BYTES):
            chunk = b"".join(pe.chunks(file, at, min(at + _CHUNK_BYTES, end), shorter))
            yield _CHUNK_HEADER.pack(_OF_CHUNK, len(chunk)), chunk
    record = list(apk.END.unpack(apk.read_at(file, layout.end_at, apk.END.size)))
    record[6] = layout.block_at  # the directory's offset if the block were not there
    yield _CHUNK_HEADER.pack(_OF_CHUNK, apk.END.size), apk.END.pack(*record)


def check(file: BinaryIO, layout: apk.Layout) -> List[Signer]:
    """Check that every scheme names one certificate and the content's real digests, and return the signers.

    Raises:
        ApkMalformed: the file became shorter while it was read.
        ApkSignatureWrong: a digest is another content's, the schemes differ in their signer, an algorithm is
            none of :data:`HASHES`, or v3 was removed.
    """
    found = signers(file, layout)
    if len({signer.certificate for signer in found}) != 1:
        raise ApkSignatureWrong(reason=Text("v2 and v3 name different signers", "v2 与 v3 的签名者不同"))
    if len(found) == 1 and found[0].protected:
        raise ApkSignatureWrong(reason=Text("the signature of v3 was removed", "v3 签名已被删除"))
    recorded = {item for signer in found for item in signer.digests.items()}
    if not recorded or any(algorithm not in HASHES for algorithm, _ in recorded):
        raise ApkSignatureWrong(reason=Text("its algorithm is not accepted", "不接受其签名算法"))
    computed = {name: content_digest(file, layout, name) for name in _names(recorded)}
    if any(computed[HASHES[algorithm]] != digest for algorithm, digest in recorded):
        raise ApkSignatureWrong(reason=Text("the content was changed after signing", "内容在签名后被改动"))
    return found


def _names(recorded: Set[Tuple[int, bytes]]) -> Set[str]:
    return {HASHES[algorithm] for algorithm, _ in recorded}
