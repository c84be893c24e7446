"""A segment store in a local folder, with signed URLs like those of a bucket.

The room serves the PUT itself: it verifies the URL (:meth:`FolderSegments.verify`) and streams the body into
a :class:`SegmentWriter`. An object appears under its name when all of its bytes are on the medium and have
the announced SHA-256. A kill leaves at worst a temporary file.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from oneseat.store.errors import UploadDiffers, UploadSizeWrong, UploadUrlRefused
from oneseat.store.folder import TEMPORARY, FolderStore
from oneseat.store.protocol import checked_name
from oneseat.store.segments.protocol import SegmentUpload, SignedPut, StoredBytes
from signing.binding import length_prefixed
from signing.clock import SystemClock
from signing.text import Text

_DOMAIN = b"oneseat/segment-put/v1"
_SIGNATURE_BYTES = 32
_TEMPORARIES = f"{TEMPORARY}uploads"
"""One folder for all unfinished uploads, so that cleaning up reads no other."""
_LONGEST_UPLOAD_S = 24 * 3600


class FolderSegments:
    """Segments below one folder. See :class:`oneseat.store.segments.protocol.SegmentStore`.

    ``base`` is the URL below which the room serves uploads, with a slash at its end.
    """

    def __init__(self, folder: Path, key: bytes, base: str) -> None:
        self._files = FolderStore(folder)
        self._mac = hmac.new(key, digestmod="sha256")
        self._base = base

    @property
    def where(self) -> str:
        """The folder."""
        return self._files.where

    @property
    def origin(self) -> str | None:
        """None: pages upload to the room itself."""
        return None

    def url_for(self, upload: SegmentUpload, now: datetime, until: datetime) -> SignedPut:
        """Sign a PUT with HMAC-SHA-256 over name, size and expiry. The name contains the digest."""
        del now  # the expiry alone decides
        expires = int(until.timestamp())
        signature = self._signature(checked_name(upload.name), upload.size, upload.sha256, expires)
        query = f"size={upload.size}&sha256={upload.sha256}&expires={expires}&signature={signature.hex()}"
        return SignedPut(f"{self._base}{upload.name}?{query}", {"Content-Type": upload.media_type})

    def verify(self, name: str, query: Mapping[str, str], now: datetime) -> SegmentUpload:
        """Return what a URL allows, from its path below the base and its query.

        The signature is compared in constant time, and before the expiry is looked at.

        Raises:
            UploadUrlRefused: the signature is not this store's, or the URL has expired.
        """
        size, expires = _number(query.get("size", "")), _number(query.get("expires", ""))
        signature, sha256 = query.get("signature", ""), query.get("sha256", "")
        expected = self._signature(name, size, sha256, expires)
        if not hmac.compare_digest(expected, _digest_of(signature)) or now.timestamp() >= expires:
            raise UploadUrlRefused
        return SegmentUpload(checked_name(name), size, sha256)

    def open(self, upload: SegmentUpload) -> SegmentWriter:
        """Begin to write an upload. Use the writer as a context manager.

        Raises:
            StoreFull: no space is left.
            StoreUnavailable: the folder cannot be written.
        """
        return SegmentWriter(self._files, upload)

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return self._files.find(name) is not None

    def held(self, names: Collection[str]) -> set[str]:
        """Return which of the files are there."""
        return {name for name in names if self.has(name)}

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names that begin with ``prefix``, sorted."""
        return self._files.names(prefix)

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the file's bytes, in chunks."""
        return self._files.read(name)

    def inventory(self, prefix: str) -> Iterator[StoredBytes]:
        """Yield the files below a name with their sizes."""
        for name in self._files.names(prefix):
            found = self._files.find(name)
            if found is not None:
                yield StoredBytes(name, found.size)

    def erase(self, prefix: str) -> None:
        """Remove the files below a name, their folders, and what killed uploads left behind."""
        self._files.remove_all(list(self._files.names(prefix)))
        self._sweep(SystemClock().now())
        top = self._files.folder / prefix
        for folder in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
            with suppress(OSError):
                folder.rmdir()
        with suppress(OSError):
            top.rmdir()

    def hidden_copies(self) -> tuple[Text, ...]:
        """None: a folder keeps no older versions that the file system would tell of."""
        return ()

    def self_test(self, origin: str) -> tuple[Text, ...]:
        """Write, list and remove one object, and what killed uploads left behind.

        Uploads are same-origin, so no CORS rule is needed.
        """
        del origin
        self._sweep(SystemClock().now())
        content = secrets.token_bytes(16)
        sha256 = hashlib.sha256(content).hexdigest()
        name = f"self-test/{sha256}.webm"
        with self.open(SegmentUpload(name, len(content), sha256)) as writer:
            writer.write(content)
            writer.finish()
        listed = list(self.names(name)) == [name]
        self._files.remove(name)
        return () if listed else (Text("a new file is not listed", "新文件未出现在列表中"),)

    def _sweep(self, now: datetime) -> None:
        """Remove temporary files so old that no upload can still write to them."""
        for path in (self._files.folder / _TEMPORARIES).glob(f"{TEMPORARY}*"):
            with suppress(OSError):  # another process of the room sweeps, too
                if now.timestamp() - path.stat().st_mtime > _LONGEST_UPLOAD_S:
                    path.unlink()

    def _signature(self, name: str, size: int, sha256: str, expires: int) -> bytes:
        parts = (name.encode("utf-8", "replace"), b"%d" % size, sha256.encode("utf-8", "replace"))
        mac = self._mac.copy()  # the key is set up once: that takes longer than a short message
        mac.update(length_prefixed(_DOMAIN, *parts, b"%d" % expires))
        return mac.digest()


class SegmentWriter:
    """Writes one upload: bytes go to a temporary file, which gets its name when it is whole.

    Not for several threads at once. Leaving the context without :meth:`finish` removes what was written.
    """

    def __init__(self, files: FolderStore, upload: SegmentUpload) -> None:
        self._files, self._upload = files, upload
        self._digest = hashlib.sha256()
        self._written = 0
        self._new = files.begin(upload.name, _TEMPORARIES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._new.discard()

    def write(self, piece: bytes) -> None:
        """Write the next bytes.

        Raises:
            UploadSizeWrong: there are more bytes than announced.
            StoreFull: no space is left.
            StoreUnavailable: the folder cannot be written.
        """
        self._written += len(piece)
        if self._written > self._upload.size:
            raise UploadSizeWrong(wanted=self._upload.size)
        self._digest.update(piece)
        self._new.write(piece)

    def finish(self) -> bool:
        """Check size and digest, make the bytes durable, and give them their name.

        Return False where the object was there already, with the same bytes.

        Raises:
            UploadSizeWrong: there are fewer bytes than announced.
            UploadDiffers: the SHA-256 is another.
            ObjectDiffers: the name is taken by other content.
            StoreFull: no space is left.
            StoreUnavailable: the folder cannot be written.
        """
        if self._written != self._upload.size:
            raise UploadSizeWrong(wanted=self._upload.size)
        if self._digest.hexdigest() != self._upload.sha256:
            raise UploadDiffers
        return self._new.publish(self._upload.sha256)


def _number(text: str) -> int:
    """A number of at most 15 digits, or -1, which nothing was signed with."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else -1


def _digest_of(text: str) -> bytes:
    with suppress(ValueError):
        digest = bytes.fromhex(text)
        if len(digest) == _SIGNATURE_BYTES and digest.hex() == text:
            return digest
    return b""
