"""A store in a bucket of Amazon S3, or of a server that speaks its language.

Writes are conditional on the name being free (``If-None-Match: *``), but nothing here
trusts that to be atomic, or even heeded: servers differ. A look goes before, and names say
what they hold, so two writers of one name write the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import time
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from botocore.exceptions import BotoCoreError, ClientError

from oneseat.store import s3_bucket
from oneseat.store.address import S3Address
from oneseat.store.cache import Cache, default_folder
from oneseat.store.errors import ObjectAbsent, ObjectDiffers, SourceChanged, StoreBusy, StoreUnavailable
from oneseat.store.etags import Measured, etag_of_parts, etag_of_whole
from oneseat.store.protocol import Head, Stored, checked_name
from oneseat.store.s3_bucket import MIB, Bucket, Found, NameTaken, OtherBytesStored, Parts, Sending
from oneseat.store.s3_faults import refusal_of

SMALLEST_PART_BYTES = 5 * MIB
"""What all parts but the last must have at least.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

_READ_ATTEMPTS = 6
_LONGEST_WAIT_S = 8.0


AS_USUAL = Sending()
IN_A_HURRY = Sending(attempts=3, connect_timeout_s=3, read_timeout_s=10)
"""For those whom somebody waits for: a server that is away is told in seconds rather than in minutes."""


class S3Store:
    """Objects in a bucket. See :class:`oneseat.store.protocol.Store` for the promises.

    Threads may share it; processes each make their own.

    Raises:
        CredentialsRefused: the profile that is asked for does not exist.
    """

    def __init__(self, address: S3Address, cache: Path | None = None, sending: Sending | None = None) -> None:
        self.address = address
        self._sending = sending or AS_USUAL
        with self._reported():
            self._bucket = Bucket(address, self._sending)
        self._cache = Cache(cache or default_folder())
        self._sources: dict[Head, Found] = {}

    @property
    def where(self) -> str:
        """The bucket and the prefix."""
        return self.address.shown

    @property
    def url(self) -> str:
        """The whole address."""
        return self.address.url

    def put(self, name: str, source: Path, sha256: str) -> Stored:
        """Store a file under a name, whole or not at all."""
        self._key(name)
        try:
            file = source.open("rb")
        except OSError as error:
            raise StoreUnavailable(where=source.name, reason=error.strerror or "unreadable") from None
        with file:
            measured = Measured.of(file, self._sending.part_bytes)
            if measured.sha256 != sha256:
                raise SourceChanged(name=name)
            etags = etag_of_whole(measured.md5), etag_of_parts(measured.part_md5s)
            new = _New(name, measured.size, sha256, etags)
            return self._stored(new, lambda key: self._send(key, file, measured))

    def put_bytes(self, name: str, content: bytes, sha256: str, *, looked: bool = False) -> Stored:
        """Store a few bytes under a name, in one request."""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise SourceChanged(name=name)
        md5 = _md5(content)
        new = _New(name, len(content), sha256, (etag_of_whole(md5),))

        def send(key: str) -> None:
            self._bucket.put(key, io.BytesIO(content), len(content), md5, sha256)

        return self._stored(new, send, looked=looked)

    def compose(self, name: str, head: Head, tail: bytes, sha256: str, *, looked: bool = False) -> Stored:
        """Store head and tail as one object: the server copies the head, and only the tail is sent.

        Four requests. A head smaller than a part may be is sent along instead, in one.
        """
        whole, parts = head.md5_with(tail), (head.md5, _md5(tail))
        new = _New(name, head.size + len(tail), sha256, (etag_of_whole(whole), etag_of_parts(parts)))

        def send(key: str) -> None:
            source = self._source(head)
            if head.size < SMALLEST_PART_BYTES:
                with head.file.open("rb") as file:
                    content = io.BytesIO(file.read(head.size) + tail)
                self._bucket.put(key, content, new.size, whole, sha256)
                return

            def fill(upload: Parts) -> None:
                upload.copy(self._key(head.name), source.etag, head.size, head.md5)
                upload.send(io.BytesIO(tail), len(tail), parts[1])

            self._bucket.put_parts(key, sha256, fill)

        return self._stored(new, send, looked=looked)

    def find(self, name: str) -> Stored | None:
        """The object of that name, if there is one."""
        with self._reported():
            found = self._bucket.look(self._key(name))
        return Stored(name, found.size) if found else None

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The object's bytes from ``start``; a body that breaks off is taken up where it did."""
        key = self._key(name)
        with self._reported():
            found = self._bucket.look(key)
            if found is None:
                raise ObjectAbsent(name=name)
            end = found.size if length is None else min(found.size, start + length)
            failures = 0
            while start < end:
                try:
                    for piece in self._bucket.body(key, found.etag, start, end):
                        start += len(piece)
                        failures = 0
                        yield piece
                except BotoCoreError:
                    failures += 1
                    if failures == _READ_ATTEMPTS:
                        raise
                    _wait(failures)

    def local_file(self, name: str, sha256: str) -> Path:
        """A file with the object's bytes, fetched once to this computer and held against its digest."""
        kept = self._cache.get(sha256) or self._cache.keep(sha256, self.read(name))
        if kept is None:
            raise ObjectDiffers(name=name)
        return kept

    def names(self, prefix: str = "") -> Iterator[str]:
        """The names that begin with ``prefix``, in order, a thousand to a request."""
        skipped = len(self.address.prefix)
        with self._reported():
            for key in self._bucket.keys(self.address.prefix + prefix):
                yield key[skipped:]

    def remove(self, name: str) -> None:
        """Remove an object."""
        self.remove_all([name])

    def remove_all(self, names: Iterable[str]) -> int:
        """Remove many objects, a thousand to a request."""
        count, left = 0, iter(names)
        while some := [self._key(name) for name in islice(left, s3_bucket.PAGE_NAMES)]:
            with self._reported():
                fault = self._bucket.delete(some)
            if fault is not None:
                raise StoreUnavailable(where=self.where, reason=f"not removed: {fault}")
            count += len(some)
        return count

    def sweep(self, prefix: str = "") -> int:
        """Abort the uploads in parts that killed writers left open: their parts are stored, and paid for."""
        swept = 0
        with self._reported():
            for key, upload_id in list(self._bucket.open_uploads(self.address.prefix + prefix)):
                self._bucket.abort(key, upload_id)
                swept += 1
        return swept

    def presigned_url(self, name: str, life_s: int, disposition: str, media_type: str) -> str:
        """A URL for one GET of the object; see :class:`oneseat.store.protocol.Presigning`."""
        answered = {"ResponseContentDisposition": disposition, "ResponseContentType": media_type}
        with self._reported():
            return self._bucket.presigned(self._key(name), life_s, answered)

    def _key(self, name: str) -> str:
        return self.address.prefix + checked_name(name)

    def _send(self, key: str, file: BinaryIO, measured: Measured) -> None:
        sending, size = self._sending, measured.size
        if size <= sending.whole_bytes:
            self._bucket.put(key, Window(file, 0, size), size, measured.md5, measured.sha256)
            return

        def fill(upload: Parts) -> None:
            for number, md5 in enumerate(measured.part_md5s):
                start = number * sending.part_bytes
                length = min(sending.part_bytes, size - start)
                upload.send(Window(file, start, length), length, md5)

        self._bucket.put_parts(key, measured.sha256, fill)

    def _stored(self, new: _New, send: Callable[[str], None], *, looked: bool = False) -> Stored:
        """Send a new object where none of its name is; accept one that is there when it is the same."""
        key = self._key(new.name)
        with self._reported():
            try:
                if not looked and self._bucket.look(key) is not None:
                    return self._same(new)
                send(key)
            except NameTaken:
                return self._same(new)
            except OtherBytesStored:
                raise StoreUnavailable(
                    where=self.where, reason="it stored other bytes than were sent"
                ) from None
        return Stored(new.name, new.size)

    def _same(self, new: _New) -> Stored:
        found = self._bucket.look(self._key(new.name))
        if found is None:
            raise StoreBusy(where=self.where, reason="another writer is at work")
        if found.size != new.size:
            raise ObjectDiffers(name=new.name)
        if found.etag not in new.etags:  # put in other parts than ours, or encrypted: only the bytes can tell
            digest = hashlib.sha256()
            for piece in self.read(new.name):
                digest.update(piece)
            if digest.hexdigest() != new.sha256:
                raise ObjectDiffers(name=new.name)
        return Stored(new.name, new.size)

    def _source(self, head: Head) -> Found:
        """The object that a head is of. That the range lies within it is not left to the server to notice."""
        source = self._sources.get(head)
        if source is None:
            source = self._bucket.look(self._key(head.name))
            if source is None:
                raise ObjectAbsent(name=head.name)
            if source.size < head.size:
                raise ObjectDiffers(name=head.name)
            self._sources[head] = source
        return source

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise refusal_of(self.where, error) from None


@dataclass(frozen=True)
class _New:
    """An object to be stored, and the entity tags that it may get here."""

    name: str
    size: int
    sha256: str
    etags: Container[str]


class Window(io.RawIOBase):
    """A stretch of an open file, as a file of its own: what one request sends, and sends again if need be."""

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
        """Where reading goes on, counted from the start of the stretch."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere in the stretch."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read what is left, as far as it fits."""
        self._file.seek(self._start + self._at)
        piece = self._file.read(max(0, min(len(buffer), self._length - self._at)))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


def _wait(failures: int) -> None:
    """Exponential backoff with full jitter."""
    longest = min(_LONGEST_WAIT_S, 0.1 * 2**failures)
    time.sleep(longest * secrets.randbelow(1000) / 1000)
