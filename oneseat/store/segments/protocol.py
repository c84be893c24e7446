"""The protocol of segment stores: signed PUTs for web pages, and listings for the room."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from signing.text import Text

_MEDIA_TYPES = {"webm": "video/webm", "mp4": "video/mp4"}
_ANY_BYTES = "application/octet-stream"


@dataclass(frozen=True)
class SegmentUpload:
    """What a URL is for: one object with exactly these bytes. ``sha256`` is hexadecimal."""

    name: str
    size: int
    sha256: str

    @property
    def media_type(self) -> str:
        """The Content-Type of the PUT, by the name's ending."""
        return _MEDIA_TYPES.get(self.name.rpartition(".")[2], _ANY_BYTES)


@dataclass(frozen=True)
class SignedPut:
    """A request that a page may make, with the headers that it must send. Never log or store the URL."""

    url: str = field(repr=False)
    headers: Mapping[str, str]
    method: str = "PUT"


@dataclass(frozen=True)
class StoredBytes:
    """Something that is stored: its name and size. Older versions of an object have its name."""

    name: str
    size: int


class SegmentStore(Protocol):
    """Recorded segments under names that contain their SHA-256."""

    @property
    def where(self) -> str:
        """The address for messages."""
        ...

    @property
    def origin(self) -> str | None:
        """The origin that pages upload to, for their content security policy; None for the room's own."""
        ...

    def url_for(self, upload: SegmentUpload, now: datetime, until: datetime) -> SignedPut:
        """Sign a PUT of one named object, from ``now`` to ``until``. Sends nothing.

        Raises:
            ObjectNameInvalid: the name is not a valid object name.
            CredentialsRefused: there are no credentials to sign with.
        """
        ...

    def has(self, name: str) -> bool:
        """Whether the object is stored.

        Raises:
            StoreUnavailable: the store cannot be reached or read.
        """
        ...

    def held(self, names: Collection[str]) -> set[str]:
        """Return which of the names are stored: a bucket is asked once for each folder, not for each name.

        Raises:
            StoreUnavailable: the store cannot be reached or read.
        """
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the stored names that begin with ``prefix``, sorted.

        Raises:
            StoreUnavailable: the store cannot be reached or read.
        """
        ...

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the object's bytes, in chunks.

        Raises:
            ObjectAbsent: there is no such object.
        """
        ...

    def self_test(self, origin: str) -> tuple[Text, ...]:
        """Upload, list and remove objects as a page of ``origin`` would; return what is missing.

        An empty result means that all promises hold. Call it once, before the first :meth:`url_for`.

        Raises:
            StoreUnavailable: nothing can be uploaded.
            CredentialsRefused: there are no credentials, or no rights.
            ClockDiffers: the store would judge URLs by a clock that is far from this one.
        """
        ...

    def inventory(self, prefix: str) -> Iterator[StoredBytes]:
        """Yield all that is stored below a name: objects and their older versions.

        Raises:
            StoreUnavailable: the store cannot be reached or read.
        """
        ...

    def erase(self, prefix: str) -> None:
        """Delete all that is stored below a name for good: objects, older versions, unfinished uploads.

        Raises:
            StoreUnavailable: the store cannot be reached or written.
        """
        ...

    def hidden_copies(self) -> tuple[Text, ...]:
        """Return why deleted recordings might be kept where this store cannot see them; empty if it sees all.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        ...
