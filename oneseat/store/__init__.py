"""Where published bytes live: one protocol, and the backends that keep it.

Objects are immutable and named by what they are; nothing is ever overwritten, so a
reader that holds a name holds the same bytes for as long as the object exists.

Modules:

* ``address`` -- The address of a bucket: ``s3://bucket/prefix?endpoint=https://...&region=...``.
* ``cache`` -- Objects fetched to this computer once, each under its SHA-256 and held against it.
* ``errors`` -- Refusals of the object store.
* ``etags`` -- What S3 will say of a content, worked out before it is sent.
* ``folder`` -- A store in a local folder.
* ``protocol`` -- What every store promises, whatever it is made of.
* ``s3`` -- A store in a bucket of Amazon S3, or of a server that speaks its language.
* ``s3_bucket`` -- A bucket, request by request: bodies with their MD5, entity tags held against what they
  must be.
* ``s3_faults`` -- What an S3 server or its client library says, as this project's refusals.
"""

from __future__ import annotations

from pathlib import Path

from oneseat.store.address import SCHEME, S3Address
from oneseat.store.errors import StoreUnavailable
from oneseat.store.folder import FolderStore
from oneseat.store.protocol import (
    Head,
    Presigning,
    Store,
    Stored,
    base_name,
    installer_folder,
    installer_name,
    tail_folder,
    tail_name,
)

__all__ = [
    "FolderStore",
    "Head",
    "Presigning",
    "Store",
    "Stored",
    "base_name",
    "installer_folder",
    "installer_name",
    "open_store",
    "tail_folder",
    "tail_name",
]


def open_store(where: str | Path, cache: Path | None = None, *, hurried: bool = False) -> Store:
    """The store at an address: a path names a local folder, which is made when first written to.

    Objects of a remote store are fetched into ``cache``; left out, it is the user's own.
    ``hurried`` is for who would rather be refused than wait for a server that is away.

    Raises:
        StoreUnavailable: no backend knows the address.
        StoreAddressInvalid: it is not an address of the backend that it names.
    """
    scheme, found, _ = str(where).partition("://") if isinstance(where, str) else ("", "", "")
    if not found:
        return FolderStore(Path(where))
    if scheme != SCHEME:
        raise StoreUnavailable(where=f"{scheme}://", reason=f"no backend for '{scheme}'")
    from oneseat.store.s3 import AS_USUAL, IN_A_HURRY, S3Store  # boto3 takes a third of a second to import

    return S3Store(S3Address.parse(str(where)), cache, IN_A_HURRY if hurried else AS_USUAL)
