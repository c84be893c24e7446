"""A segment store in a bucket: pages upload straight to it, by URLs signed for named bytes.

How strictly a server checks what was signed differs. :meth:`S3Segments.self_test` finds it out at the start,
and :meth:`S3Segments.url_for` signs what the server checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from botocore.exceptions import BotoCoreError

from oneseat.store.address import S3Address
from oneseat.store.errors import CredentialsRefused
from oneseat.store.protocol import checked_name
from oneseat.store.s3 import INTERACTIVE, S3Store
from oneseat.store.s3_bucket import Bucket
from oneseat.store.s3_faults import refusal_of
from oneseat.store.segments.body_checks import Signing
from oneseat.store.segments.presign import MOST_LIFE_S, Credentials, QuerySigner
from oneseat.store.segments.protocol import SegmentUpload, SignedPut
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

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names that begin with ``prefix``, sorted, one page per request."""
        return self._objects.names(prefix)

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the object's bytes. A broken download is resumed where it stopped."""
        return self._objects.read(name)

    def remove(self, name: str) -> None:
        """Remove an object."""
        self._objects.remove(name)

    def self_test(self, origin: str) -> tuple[Text, ...]:
        """Find out what the server checks, and return which promises it does not keep."""
        from oneseat.store.segments.self_test import SelfTest  # needs an HTTP client, for this alone

        result = SelfTest(self, origin, SystemClock()).run()
        self.signing = result.signing
        return result.remarks

    def require_clock(self) -> None:
        """Compare this computer's clock with the server's.

        Raises:
            ClockDiffers: they are more than some minutes apart.
        """
        self._objects.require_clock()

    def _credentials(self) -> Credentials:
        try:
            found = self._bucket.credentials()
        except BotoCoreError as error:
            raise refusal_of(self.where, error) from None
        if found is None or not found.access_key or not found.secret_key:
            raise CredentialsRefused(where=self.where, reason=Text("none were found", "没有找到凭据"))
        return Credentials(found.access_key, found.secret_key, found.token)


def _encryption_headers(address: S3Address) -> dict[str, str]:
    """The headers that ask for the encryption at rest that the address names."""
    asked = {
        "x-amz-server-side-encryption": address.encryption,
        "x-amz-server-side-encryption-aws-kms-key-id": address.kms_key,
    }
    return {name: value for name, value in asked.items() if value is not None}
