"""Stores of recorded segments, to which web pages upload by signed URLs: a folder, or a bucket.

Modules:

* ``body_checks`` -- What is signed of an upload so that a server compares it: SHA-256 and length, as strictly
  as it can.
* ``folder`` -- A segment store in a local folder, with signed URLs like those of a bucket.
* ``presign`` -- Signs S3 requests in their query by AWS Signature Version 4, an order of magnitude faster
  than boto3.
* ``protocol`` -- The protocol of segment stores: signed PUTs for web pages, and listings for the room.
* ``s3`` -- A segment store in a bucket: pages upload straight to it, by URLs signed for named bytes.
* ``self_test`` -- Tests a bucket as a page of the room would use it: real PUTs and a real preflight, then
  removes them.
"""

from __future__ import annotations

from pathlib import Path

from oneseat.store.address import SCHEME, S3Address
from oneseat.store.segments.folder import FolderSegments, SegmentWriter
from oneseat.store.segments.protocol import SegmentStore, SegmentUpload, SignedPut, StoredBytes

__all__ = [
    "FolderSegments",
    "SegmentStore",
    "SegmentUpload",
    "SegmentWriter",
    "SignedPut",
    "StoredBytes",
    "open_segment_store",
]


def open_segment_store(where: str | Path, key: bytes, base: str) -> SegmentStore:
    """Open the segment store at an address, ``s3://...`` or a folder.

    A folder's URLs begin with ``base``, and are signed with ``key`` (32 bytes). All processes of a room
    share both.

    Raises:
        StoreAddressInvalid: the address is no bucket's.
        CredentialsRefused: there are no credentials for the bucket.
    """
    if not str(where).startswith(f"{SCHEME}://"):
        return FolderSegments(Path(where), key, base)
    from oneseat.store.segments.s3 import S3Segments  # boto3 takes a third of a second to import

    return S3Segments(S3Address.parse(str(where)))
