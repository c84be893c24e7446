"""A segment store in a bucket: pages upload straight to it, by URLs signed for named bytes.

How strictly a server checks what was signed differs. :meth:`S3Segments.self_test` finds it out at the start,
and :meth:`S3Segments.url_for` signs what the server checks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from oneseat.store.address import S3Address
from oneseat.store.errors import CredentialsRefused
from oneseat.store.protocol import checked_name
from oneseat.store.s3 import INTERACTIVE, S3Store
from oneseat.store.s3_bucket import Bucket
from oneseat.store.s3_faults import refusal_of
from oneseat.store.s3_versions import Versions
from oneseat.store.segments.body_checks import Signing
from oneseat.store.segments.presign import MOST_LIFE_S, Credentials, QuerySigner
from oneseat.store.segments.protocol import SegmentUpload, SignedPut, StoredBytes
from signing.clock import SystemClock
from signing.text import Text


class S3Segments:
    """Segments in a bucket. See :class:`oneseat.store.segments.protocol.SegmentStore`.

    Threads may share a store; each process opens its own.

    Raises:
        CredentialsRefused: the configured AWS profile does not exist.
    """

    def __init__(self, address: S3Address) -> None:
        self.address = address
        self.signing = Signing()
        self._objects = S3Store(address, options=INTERACTIVE)
        try:
            self._bucket = Bucket(address, INTERACTIVE)
            self._versions = Versions(self._bucket)
            self._signer = QuerySigner(self._bucket.base_url, self._bucket.region)
        except BotoCoreError as error:
            raise refusal_of(self.where, error) from None
        self._fixed = _encryption_headers(address)

    @property
    def where(self) -> str:
        """The bucket and the prefix."""
        return self.address.display

    @property
    def origin(self) -> str | None:
        """The server's origin."""
        return self._signer.origin

    def url_for(self, upload: SegmentUpload, now: datetime, until: datetime) -> SignedPut:
        """Sign a PUT of one object, with its length and SHA-256 where the server checks them."""
        return self.sign(upload, now, until, self.signing)

    def sign(self, upload: SegmentUpload, now: datetime, until: datetime, signing: Signing) -> SignedPut:
        """As :meth:`url_for`, with a chosen kind of signature.

        A browser sends Content-Length by itself and lets no page set it, so it is not among the headers.
        """
        headers = {"content-type": upload.media_type, **self._fixed, **signing.headers(upload)}
        signed = {**headers, "content-length": str(upload.size)} if signing.length else headers
        life_s = min(MOST_LIFE_S, max(1, int((until - now).total_seconds())))
        key = self.address.prefix + checked_name(upload.name)
        url = self._signer.sign(
            "PUT",
            key,
            signed,
            self._credentials(),
            now=now,
            life_s=life_s,
            payload=signing.payload(upload),
        )
        return SignedPut(url, headers)

    def has(self, name: str) -> bool:
        """Whether the object is in the bucket: one HEAD."""
        return self._objects.find(name) is not None

    def held(self, names: Collection[str]) -> set[str]:
        """Return which of the names are in the bucket: one HEAD, or one listing of the folder of several."""
        folders: dict[str, set[str]] = defaultdict(set)
        for name in names:
            folders[name.rpartition("/")[0]].add(name)
        return {name for folder, wanted in folders.items() for name in self._held_in(f"{folder}/", wanted)}

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names that begin with ``prefix``, sorted, one page per request."""
        return self._objects.names(prefix)

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the object's bytes. A broken download is resumed where it stopped."""
        return self._objects.read(name)

    def remove(self, name: str) -> None:
        """Remove an object."""
        self._objects.remove(name)

    def inventory(self, prefix: str) -> Iterator[StoredBytes]:
        """Yield every version of the objects below a name."""
        with self._map_errors():
            for version in self._versions.list_below(self.address.prefix + prefix):
                if not version.is_marker:
                    yield StoredBytes(version.key.removeprefix(self.address.prefix), version.size)

    def erase(self, prefix: str) -> None:
        """Delete every version and deletion marker below a name, and abort unfinished uploads."""
        with self._map_errors():
            self._versions.delete(list(self._versions.list_below(self.address.prefix + prefix)))
        self._objects.sweep(prefix)

    def hidden_copies(self) -> tuple[Text, ...]:
        """Why the bucket may keep what :meth:`erase` does not reach: hidden versions, or replicas."""
        with self._map_errors():
            hidden, replicated = self._versions.are_hidden(), self._versions.is_replicated()
        return tuple(text for text, applies in ((_HIDDEN, hidden), (_REPLICATED, replicated)) if applies)

    @contextmanager
    def _map_errors(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise refusal_of(self.where, error) from None

    def self_test(self, origin: str) -> tuple[Text, ...]:
        """Find out what the server checks, and return which promises it does not keep."""
        from oneseat.store.segments.self_test import SelfTest  # needs an HTTP client, for this alone

        result = SelfTest(self, origin, SystemClock()).run()
        self.signing = result.signing
        return (*result.remarks, *self.hidden_copies())

    def require_clock(self) -> None:
        """Compare this computer's clock with the server's.

        Raises:
            ClockDiffers: they are more than some minutes apart.
        """
        self._objects.require_clock()

    def _held_in(self, folder: str, names: set[str]) -> set[str]:
        if len(names) == 1:
            return {name for name in names if self.has(name)}
        return names.intersection(self.names(folder))

    def _credentials(self) -> Credentials:
        try:
            found = self._bucket.credentials()
        except BotoCoreError as error:
            raise refusal_of(self.where, error) from None
        if found is None or not found.access_key or not found.secret_key:
            raise CredentialsRefused(where=self.where, reason=Text("none were found", "没有找到凭据"))
        return Credentials(found.access_key, found.secret_key, found.token)


_HIDDEN = Text(
    "older versions of its objects cannot be listed (s3:ListBucketVersions), so `room purge` refuses it",
    "无法列出对象的历史版本（s3:ListBucketVersions），`room purge` 将拒绝清除",
)
_REPLICATED = Text(
    "it is replicated to other buckets, which `room purge` does not reach",
    "该存储桶会复制到其他存储桶，`room purge` 无法清除那里的副本",
)


def _encryption_headers(address: S3Address) -> dict[str, str]:
    """The headers that ask for the encryption at rest that the address names."""
    asked = {
        "x-amz-server-side-encryption": address.encryption,
        "x-amz-server-side-encryption-aws-kms-key-id": address.kms_key,
    }
    return {name: value for name, value in asked.items() if value is not None}
