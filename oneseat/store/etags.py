"""Predicts S3 entity tags (ETags) from a content's MD5 digests.

The tag of an object that was put in one request is the MD5 of its content. The tag of a
multipart upload is the MD5 of the parts' MD5s, a hyphen and the number of parts. Objects
encrypted with a KMS key have arbitrary tags.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from oneseat.files.chunks import chunks


def etag_of_whole(md5: bytes) -> str:
    """The tag of an object put in one request, without quotation marks."""
    return md5.hex()


def etag_of_parts(md5s: Sequence[bytes]) -> str:
    """The tag of a multipart upload whose parts have these MD5s, in order."""
    joined = hashlib.md5(b"".join(md5s), usedforsecurity=False).hexdigest()
    return f"{joined}-{len(md5s)}"


def content_md5(md5: bytes) -> str:
    """The Content-MD5 header (RFC 1864), by which a server refuses a body that was changed on its way."""
    return base64.b64encode(md5).decode("ascii")


@dataclass(frozen=True)
class ContentDigests:
    """Size, SHA-256 (hexadecimal), MD5 and MD5 of each part of a content, from one pass over it."""

    size: int
    sha256: str
    md5: bytes
    part_md5s: tuple[bytes, ...]

    @classmethod
    def of(cls, source: BinaryIO, part_bytes: int) -> ContentDigests:
        """Read an open file from its start and digest it, in parts of ``part_bytes``."""
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        size, parts = 0, []
        while True:
            part, before = hashlib.md5(usedforsecurity=False), size
            for piece in chunks(source, part_bytes):
                size += len(piece)
                for digest in (sha256, md5, part):
                    digest.update(piece)
            if size == before:
                break
            parts.append(part.digest())
        return cls(size, sha256.hexdigest(), md5.digest(), tuple(parts))
