"""Object storage for published files: one protocol, with a folder and an S3 backend.

Objects are immutable and are never overwritten. A name therefore means the same bytes
as long as the object exists.

Modules:

* ``address`` -- The address of a bucket: ``s3://bucket/prefix?endpoint=https://...&region=...``.
* ``cache`` -- A local cache of fetched objects, named by their SHA-256 and verified against it.
* ``errors`` -- Refusals of the object store.
* ``etags`` -- Predicts S3 entity tags (ETags) from a content's MD5 digests.
* ``folder`` -- A store in a local folder.
* ``protocol`` -- The protocol of all store backends, and the names of objects.
* ``s3`` -- A store in a bucket of Amazon S3 or a compatible server.
* ``s3_bucket`` -- The S3 requests of a bucket: bodies are sent with their MD5, entity tags are verified.
* ``s3_faults`` -- Maps errors of S3 servers and botocore to this project's refusals.
* ``s3_retries`` -- Repeats S3 requests until an outage is over: the client library's own retries end within a
  second.
* ``s3_versions`` -- Every stored version of a bucket's objects: what a bucket with versioning keeps of what
  was deleted.
* ``segments/`` -- Stores of recorded segments, to which web pages upload by signed URLs: a folder, or a
  bucket.
"""

from __future__ import annotations

from pathlib import Path

from oneseat.store.address import SCHEME, S3Address
from oneseat.store.errors import StoreUnavailable
from oneseat.store.folder import FolderStore
from oneseat.store.protocol import (
    OBJECT_NAMES,
    Presigning,
    SharedPrefix,
    Store,
    Stored,
    base_name,
    installer_folder,
    installer_name,
    tail_folder,
    tail_name,
)
from signing.text import Text, quoted

__all__ = [
    "OBJECT_NAMES",
    "FolderStore",
    "Presigning",
    "SharedPrefix",
    "Store",
    "Stored",
    "base_name",
    "installer_folder",
    "installer_name",
    "open_store",
    "tail_folder",
    "tail_name",
]


def open_store(where: str | Path, cache: Path | None = None, *, interactive: bool = False) -> Store:
    """Open the store at an address. A path names a local folder, which is created by the first write.

    Objects of a remote store are cached in ``cache``, by default in the user's cache folder.
    ``interactive`` sets short timeouts: an unreachable server is refused in seconds.

    Raises:
        StoreUnavailable: no backend has the address's scheme.
        StoreAddressInvalid: the backend cannot parse the address.
    """
    scheme, separator, _ = str(where).partition("://") if isinstance(where, str) else ("", "", "")
    if not separator:
        return FolderStore(Path(where))
    if scheme != SCHEME:
        raise StoreUnavailable(
            where=f"{scheme}://",
            reason=Text(f"no backend for '{quoted(scheme)}'", f"不支持“{quoted(scheme)}”"),
        )
    from oneseat.store.s3 import BATCH, INTERACTIVE, S3Store  # boto3 takes a third of a second to import

    return S3Store(S3Address.parse(str(where)), cache, INTERACTIVE if interactive else BATCH)
