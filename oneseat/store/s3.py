"""A store in a bucket of Amazon S3 or a compatible server.

Writes are conditional on the name being free (``If-None-Match: *``). Servers differ in whether
they honour that, so nothing relies on it: the store checks before it writes, and names contain
their content's digest, so two writers of one name write the same bytes.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from oneseat.store import s3_bucket
from oneseat.store.address import S3Address
from oneseat.store.cache import Cache, default_folder
from oneseat.store.errors import (
    ClockDiffers,
    ObjectAbsent,
    ObjectDiffers,
    SourceChanged,
    StoreBusy,
    StoreUnavailable,
)
from oneseat.store.etags import ContentDigests, etag_of_parts, etag_of_whole
from oneseat.store.protocol import SharedPrefix, Stored, checked_name
from oneseat.store.s3_bucket import (
    MIB,
    Bucket,
    MultipartUpload,
    NameTaken,
    ObjectDigest,
    ObjectInfo,
    OtherBytesStored,
    TransferOptions,
)
from oneseat.store.s3_faults import refusal_of
from oneseat.store.s3_retries import back_off
from signing.os_faults import system_reason
from signing.text import Text

SMALLEST_PART_BYTES = 5 * MIB
"""The minimum size of all parts of a multipart upload except the last.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

_READ_ATTEMPTS = 6
_MOST_CLOCK_DIFFERENCE = timedelta(minutes=5)
"""S3 refuses signatures that are more than 15 minutes off."""


BATCH = TransferOptions()
INTERACTIVE = TransferOptions(attempts=3, connect_timeout_s=3, read_timeout_s=10, outage_s=0)
"""Short timeouts for interactive callers: an unreachable server is reported in seconds."""


class S3Store:
    """Objects in a bucket. See :class:`oneseat.store.protocol.Store` for the promises.

    Threads may share a store; each process opens its own.

    Raises:
        CredentialsRefused: the configured AWS profile does not exist.
    """

    def __init__(
        self, address: S3Address, cache: Path | None = None, options: TransferOptions | None = None
    ) -> None:
        self.address = address
        self._options = options or BATCH
        with self._map_errors():
            self._bucket = Bucket(address, self._options)
        self._cache = Cache(cache or default_folder())
        self._prefix_sources: dict[SharedPrefix, ObjectInfo] = {}

    @property
    def where(self) -> str:
        """The bucket and the prefix."""
        return self.address.display

    @property
    def url(self) -> str:
        """The whole address, without credentials."""
        return self.address.url

    def put(self, name: str, source: Path, sha256: str) -> Stored:
        """Store a file atomically, in one request or as a multipart upload."""
        self._key(name)
        try:
            file = source.open("rb")
        except OSError as error:
            raise StoreUnavailable(where=source.name, reason=system_reason(error)) from None
        with file:
            digests = ContentDigests.of(file, self._options.part_bytes)
            if digests.sha256 != sha256:
                raise SourceChanged(name=name)
            etags = etag_of_whole(digests.md5), etag_of_parts(digests.part_md5s)
            new = _NewObject(name, digests.size, sha256, etags)
            return self._put_object(new, lambda key: self._send(key, file, digests))

    def put_bytes(self, name: str, content: bytes, sha256: str, *, skip_exists_check: bool = False) -> Stored:
        """Store a few bytes in one request."""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise SourceChanged(name=name)
        md5 = _md5(content)
        new = _NewObject(name, len(content), sha256, (etag_of_whole(md5),))

        def send(key: str) -> None:
            self._bucket.put(key, io.BytesIO(content), len(content), md5, sha256)

        return self._put_object(new, send, skip_exists_check=skip_exists_check)

    def compose(
        self, name: str, shared: SharedPrefix, tail: bytes, sha256: str, *, skip_exists_check: bool = False
    ) -> Stored:
        """Store the prefix and ``tail`` as one object: the server copies the prefix, only the tail is sent.

        It takes four requests. A prefix below S3's minimum part size is sent with the tail, in one.
        """
        whole, parts = shared.md5_with(tail), (shared.md5, _md5(tail))
        new = _NewObject(name, shared.size + len(tail), sha256, (etag_of_whole(whole), etag_of_parts(parts)))

        def send(key: str) -> None:
            source = self._prefix_source(shared)
            if shared.size < SMALLEST_PART_BYTES:
                with shared.file.open("rb") as file:
                    content = io.BytesIO(file.read(shared.size) + tail)
                self._bucket.put(key, content, new.size, whole, sha256)
                return

            def fill(upload: MultipartUpload) -> None:
                upload.copy(self._key(shared.name), source.etag, shared.size, shared.md5)
                upload.send(io.BytesIO(tail), len(tail), parts[1])

            self._bucket.put_multipart(key, ObjectDigest(new.size, sha256), fill)

        return self._put_object(new, send, skip_exists_check=skip_exists_check)

    def find(self, name: str) -> Stored | None:
        """Return the object of that name, or None."""
        with self._map_errors():
            info = self._bucket.stat(self._key(name))
        return Stored(name, info.size) if info else None

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield the object's bytes from ``start``. A broken download is resumed where it stopped."""
        key = self._key(name)
        with self._map_errors():
            info = self._bucket.stat(key)
            if info is None:
                raise ObjectAbsent(name=name)
            end = info.size if length is None else min(info.size, start + length)
            failures = 0
            while start < end:
                try:
                    for piece in self._bucket.body(key, info.etag, start, end):
                        start += len(piece)
                        failures = 0
                        yield piece
                except BotoCoreError:
                    failures += 1
                    if failures == _READ_ATTEMPTS:
                        raise
                    back_off(failures)

    def local_file(self, name: str, sha256: str) -> Path:
        """Return the object's file in the local cache, fetching and verifying it if needed."""
        kept = self._cache.get(sha256) or self._cache.keep(sha256, self.read(name))
        if kept is None:
            raise ObjectDiffers(name=name)
        return kept

    def names(self, prefix: str = "") -> Iterator[str]:
        """Yield the names that begin with ``prefix``, sorted, one page per request."""
        skipped = len(self.address.prefix)
        with self._map_errors():
            for key in self._bucket.keys(self.address.prefix + prefix):
                yield key[skipped:]

    def remove(self, name: str) -> None:
        """Remove an object."""
        self.remove_all([name])

    def remove_all(self, names: Iterable[str]) -> int:
        """Remove many objects, one page per request."""
        count, left = 0, iter(names)
        while some := [self._key(name) for name in islice(left, s3_bucket.PAGE_NAMES)]:
            with self._map_errors():
                fault = self._bucket.delete(some)
            if fault is not None:
                raise StoreUnavailable(
                    where=self.where, reason=Text(f"not removed: {fault}", f"未能删除：{fault}")
                )
            count += len(some)
        return count

    def sweep(self, prefix: str = "") -> int:
        """Abort multipart uploads that killed writers left open: their parts use storage."""
        swept = 0
        with self._map_errors():
            for key, upload_id in list(self._bucket.open_uploads(self.address.prefix + prefix)):
                self._bucket.abort(key, upload_id)
                swept += 1
        return swept

    def presigned_url(self, name: str, life_s: int, disposition: str, media_type: str) -> str:
        """Presign a URL for one GET of the object; see :class:`oneseat.store.protocol.Presigning`."""
        headers = {"ResponseContentDisposition": disposition, "ResponseContentType": media_type}
        with self._map_errors():
            return self._bucket.presign(self._key(name), self._life_there_s(name, life_s), headers)

    def require_clock(self) -> None:
        """Compare this computer's clock with the server's: one HEAD.

        Raises:
            ClockDiffers: they are more than some minutes apart.
        """
        with self._map_errors():
            self._bucket.stat(self._key("clock"))
        self._clock_ahead()

    def _life_there_s(self, name: str, life_s: int) -> int:
        """The life of a URL by the server's clock: it begins at this computer's time, and is judged there."""
        if self._bucket.clock_ahead is None:
            self._bucket.stat(self._key(name))
        ahead = self._clock_ahead()
        left = life_s - max(0, int(ahead.total_seconds()))
        if left <= 0:
            raise self._clock_differs(ahead)
        return left

    def _clock_ahead(self) -> timedelta:
        ahead = self._bucket.clock_ahead or timedelta(0)
        if abs(ahead) > _MOST_CLOCK_DIFFERENCE:
            raise self._clock_differs(ahead)
        return ahead

    def _clock_differs(self, ahead: timedelta) -> ClockDiffers:
        return ClockDiffers(where=self.where, seconds=abs(int(ahead.total_seconds())))

    def _key(self, name: str) -> str:
        return self.address.prefix + checked_name(name)

    def _send(self, key: str, file: BinaryIO, digests: ContentDigests) -> None:
        options, size = self._options, digests.size
        if size <= options.single_put_max_bytes:
            self._bucket.put(key, FileSlice(file, 0, size), size, digests.md5, digests.sha256)
            return

        def fill(upload: MultipartUpload) -> None:
            for number, md5 in enumerate(digests.part_md5s):
                start = number * options.part_bytes
                length = min(options.part_bytes, size - start)
                upload.send(FileSlice(file, start, length), length, md5)

        self._bucket.put_multipart(key, ObjectDigest(size, digests.sha256), fill)

    def _put_object(
        self, new: _NewObject, send: Callable[[str], None], *, skip_exists_check: bool = False
    ) -> Stored:
        """Send an object unless its name exists; accept an existing one with the same content."""
        key = self._key(new.name)
        with self._map_errors():
            try:
                if not skip_exists_check and self._bucket.stat(key) is not None:
                    return self._accept_existing(new)
                send(key)
            except NameTaken:
                return self._accept_existing(new)
            except OtherBytesStored:
                raise StoreUnavailable(
                    where=self.where,
                    reason=Text("it stored other bytes than were sent", "存储的内容与发送的不一致"),
                ) from None
        return Stored(new.name, new.size)

    def _accept_existing(self, new: _NewObject) -> Stored:
        info = self._bucket.stat(self._key(new.name))
        if info is None:
            raise StoreBusy(where=self.where, reason=Text("another writer is at work", "另一个程序正在写入"))
        if info.size != new.size:
            raise ObjectDiffers(name=new.name)
        if info.etag not in new.etags:  # uploaded in other parts, or encrypted: compare the bytes
            digest = hashlib.sha256()
            for piece in self.read(new.name):
                digest.update(piece)
            if digest.hexdigest() != new.sha256:
                raise ObjectDiffers(name=new.name)
        return Stored(new.name, new.size)

    def _prefix_source(self, shared: SharedPrefix) -> ObjectInfo:
        """Find the object that holds the prefix, and check that it is long enough (servers may not)."""
        source = self._prefix_sources.get(shared)
        if source is None:
            source = self._bucket.stat(self._key(shared.name))
            if source is None:
                raise ObjectAbsent(name=shared.name)
            if source.size < shared.size:
                raise ObjectDiffers(name=shared.name)
            self._prefix_sources[shared] = source
        return source

    @contextmanager
    def _map_errors(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise refusal_of(self.where, error) from None


@dataclass(frozen=True)
class _NewObject:
    """An object to be stored, and the entity tags that this store gives it."""

    name: str
    size: int
    sha256: str
    etags: Container[str]


class FileSlice(io.RawIOBase):
    """A byte range of an open file as a seekable file: the body of one request and its retries."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file = file
        self._start = start
        self._length = length
        self._at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The position in the slice."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position in the slice."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read up to the end of the slice."""
        self._file.seek(self._start + self._at)
        piece = self._file.read(max(0, min(len(buffer), self._length - self._at)))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()
