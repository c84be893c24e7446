"""The S3 requests of a bucket: bodies are sent with their MD5, entity tags are verified.

Failed and throttled requests are retried twice over: at once by the client library (its ``standard`` mode,
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html), and by
:mod:`oneseat.store.s3_retries` until an outage is over.

Servers differ. What an answer need not hold (an entity tag) is looked up, and what a server lacks
(conditional writes, listing uploads, deleting many objects at once) is done without.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

import boto3
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError

from oneseat.files.chunks import CHUNK_BYTES
from oneseat.store.address import S3Address
from oneseat.store.etags import content_md5, etag_of_parts, etag_of_whole
from oneseat.store.s3_faults import ABSENT_CODES, NAME_TAKEN_CODES, UNSUPPORTED_CODES, code_of
from oneseat.store.s3_retries import outlive

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MIB = 1 << 20
CONNECTIONS = 16
"""The size of the connection pool: requests at a time."""
_READ_BYTES = CHUNK_BYTES // 4
"""The read size of response bodies. A broken connection loses at most one such chunk."""
PAGE_NAMES = 1000
"""The most names that one request can list or delete."""
_BODY_DIGEST_CODES = frozenset({"BadDigest", "InvalidDigest", "InvalidRequest", "MissingContentMD5"})
"""Codes with which servers refuse the digest that goes with DeleteObjects, or its absence."""

T = TypeVar("T")


@dataclass(frozen=True)
class TransferOptions:
    """Upload sizes, timeouts and retries.

    Contents up to ``single_put_max_bytes`` are sent in one request, others in parts of
    ``part_bytes``. A request is sent at most ``attempts`` times in a row, and again while the server is
    away, for ``outage_s``.
    """

    single_put_max_bytes: int = 64 * MIB
    part_bytes: int = 16 * MIB
    attempts: int = 8
    connect_timeout_s: float = 10
    read_timeout_s: float = 60
    outage_s: float = 20


class NameTaken(Exception):
    """A conditional write failed: the name exists, or another writer is writing it."""


class OtherBytesStored(Exception):
    """The server's entity tag differs from the one predicted for the bytes sent."""


@dataclass(frozen=True)
class ObjectInfo:
    """An object's size in bytes and its entity tag without quotation marks, empty if the server has none."""

    size: int
    etag: str


@dataclass(frozen=True)
class ObjectDigest:
    """The size and SHA-256 (hexadecimal) of what an object must hold."""

    size: int
    sha256: str


class Bucket:
    """The requests of a store to its bucket. Failures are botocore's exceptions."""

    def __init__(self, address: S3Address, options: TransferOptions) -> None:
        self.name = address.bucket
        self.clock_ahead: timedelta | None = None
        """How far this computer's clock was ahead of the server's at its last answer, to a second or two."""
        session = boto3.session.Session()
        self._client = _client(session, address, options)
        self._credentials = session.get_credentials()
        self._outage_s = options.outage_s
        self._conditions: dict[str, Any] = {"IfNoneMatch": "*"}
        asked = {"ServerSideEncryption": address.encryption, "SSEKMSKeyId": address.kms_key}
        self._encryption: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}

    @property
    def base_url(self) -> str:
        """The URL to which keys are appended, in the addressing that the client library chose."""
        asked = {"Bucket": self.name, "Key": "x"}
        url = self._client.generate_presigned_url("put_object", Params=asked, ExpiresIn=1)
        return url.partition("?")[0].removesuffix("x")

    @property
    def region(self) -> str:
        """The region that requests are signed for."""
        return self._client.meta.region_name

    @property
    def client(self) -> S3Client:
        """The client, for requests that other modules of this package make."""
        return self._client

    def credentials(self) -> ReadOnlyCredentials | None:
        """Return the credentials of this moment; a role's are refreshed when they end."""
        return None if self._credentials is None else self._credentials.get_frozen_credentials()

    def stat(self, key: str) -> ObjectInfo | None:
        """Return size and entity tag of the object under a key, or None."""
        try:
            response = self._outlive(lambda: self._client.head_object(Bucket=self.name, Key=key))
        except ClientError as error:
            self._compare_clocks(error.response)
            if code_of(error) in ABSENT_CODES:
                return None
            self._raise_described(key)
            raise
        self._compare_clocks(response)
        return ObjectInfo(response["ContentLength"], _etag_in(response))

    def _compare_clocks(self, response: Mapping[str, Any]) -> None:
        date = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
        with suppress(ValueError, TypeError):  # a server need not date its answers
            self.clock_ahead = datetime.now(UTC) - parsedate_to_datetime(date)

    def _raise_described(self, key: str) -> None:
        """Repeat a failed HEAD as a GET: only its error response has a body with an error code."""
        self._client.get_object(Bucket=self.name, Key=key, Range="bytes=0-0")["Body"].close()

    def _outlive(self, request: Callable[[], T]) -> T:
        return outlive(request, self._outage_s)

    def body(self, key: str, etag: str, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from ``start`` up to ``end``, if the object still has that entity tag."""
        condition: dict[str, Any] = {"IfMatch": f'"{etag}"'} if etag else {}
        response = self._outlive(
            lambda: self._client.get_object(
                Bucket=self.name, Key=key, Range=f"bytes={start}-{end - 1}", **condition
            )
        )
        with closing(response["Body"]) as body:
            while piece := body.read(_READ_BYTES):
                yield piece

    def put(self, key: str, body: io.IOBase, size: int, md5: bytes, sha256: str) -> None:
        """Put an object in one request, on the condition that the key is free.

        Raises:
            NameTaken: the key exists, or another writer is writing it.
            OtherBytesStored: the server's entity tag is not that of these bytes.
        """

        def send(conditions: dict[str, Any]) -> dict[str, Any]:
            body.seek(0)
            response = self._client.put_object(
                Bucket=self.name,
                Key=key,
                Body=cast("IO[bytes]", body),
                ContentLength=size,
                ContentMD5=content_md5(md5),
                Metadata={"sha256": sha256},
                **self._encryption,
                **conditions,
            )
            return dict(response)

        try:
            response = self._send_conditionally(send)
        except ClientError as error:
            if code_of(error) in NAME_TAKEN_CODES:
                raise NameTaken from None
            raise
        self._check(key, response, etag_of_whole(md5), ObjectDigest(size, sha256))

    def put_multipart(self, key: str, digest: ObjectDigest, send: Callable[[MultipartUpload], None]) -> None:
        """Put an object as a multipart upload, if the key is free. ``send`` sends the parts.

        The object is visible only when it is complete. A failed upload is aborted.

        Raises:
            NameTaken: the key exists, or another writer is writing it.
            OtherBytesStored: the server's entity tag is not that of these bytes.
        """
        opened = self._outlive(
            lambda: self._client.create_multipart_upload(
                Bucket=self.name, Key=key, Metadata={"sha256": digest.sha256}, **self._encryption
            )
        )
        parts = MultipartUpload(self._client, self.name, key, opened["UploadId"], self._outage_s)
        try:
            send(parts)
            response = self._complete(parts)
        except BaseException:
            self._abort_quietly(key, parts.upload_id)
            raise
        self._check(key, response, etag_of_parts(parts.md5s), digest)

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield all keys that begin with ``prefix``, in byte order, one page per request."""
        token: dict[str, Any] = {}
        while True:
            page = self._outlive(
                partial(
                    self._client.list_objects_v2,
                    Bucket=self.name,
                    Prefix=prefix,
                    MaxKeys=PAGE_NAMES,
                    **token,
                )
            )
            for item in page.get("Contents", ()):
                yield item["Key"]
            if not page.get("NextContinuationToken"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def open_uploads(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield key and id of every multipart upload that was neither completed nor aborted.

        There are none where the server does not list uploads, or not for this caller.
        """
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self.name, Prefix=prefix)
        try:
            for page in self._outlive(lambda: list(pages)):
                for upload in page.get("Uploads", ()):
                    yield upload["Key"], upload["UploadId"]
        except ClientError as error:
            if code_of(error) not in UNSUPPORTED_CODES | {"AccessDenied"}:
                raise

    def abort(self, key: str, upload_id: str) -> None:
        """Abort a multipart upload and remove its parts, if it exists."""
        try:
            self._client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload_id)
        except ClientError as error:
            if code_of(error) not in ABSENT_CODES | {"NoSuchUpload"}:
                raise

    def delete(self, keys: Sequence[str]) -> str | None:
        """Delete at most one page of objects; return the error code of one that failed, or None.

        A server that does not delete many at once is asked for each.
        """
        try:
            response = self._outlive(
                lambda: self._client.delete_objects(
                    Bucket=self.name, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
                )
            )
        except ClientError as error:
            if code_of(error) not in UNSUPPORTED_CODES | _BODY_DIGEST_CODES:
                raise
            for key in keys:
                self._delete_one(key)
            return None
        return next((fault.get("Code", "unknown") for fault in response.get("Errors", ())), None)

    def _delete_one(self, key: str) -> None:
        self._outlive(lambda: self._client.delete_object(Bucket=self.name, Key=key))

    def presign(self, key: str, life_s: int, headers: dict[str, str]) -> str:
        """Presign a URL for one GET. ``headers`` are response headers to set, by parameter name."""
        asked = {"Bucket": self.name, "Key": key, **headers}
        return self._client.generate_presigned_url("get_object", Params=asked, ExpiresIn=life_s)

    def _send_conditionally(self, send: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Send a conditional write; repeat it without the condition if the server does not support it.

        What this request was sent with decides: another thread may have learnt of it meanwhile.
        """
        conditions = self._conditions
        try:
            return self._outlive(lambda: send(conditions))
        except ClientError as error:
            if not conditions or code_of(error) not in UNSUPPORTED_CODES:
                raise
            self._conditions = {}
            return self._outlive(lambda: send({}))

    def _complete(self, parts: MultipartUpload) -> dict[str, Any]:
        try:
            return self._send_conditionally(parts.complete)
        except ClientError as error:
            # NoSuchUpload: an earlier attempt to complete it succeeded, and its response was lost.
            if code_of(error) in NAME_TAKEN_CODES | {"NoSuchUpload"}:
                raise NameTaken from None
            raise

    def _check(self, key: str, response: Mapping[str, Any], etag: str, digest: ObjectDigest) -> None:
        """Compare the answer's entity tag with the predicted one; where they differ, look at the object.

        An answer need not have a tag, and a tag need not be an MD5. Only an object whose bytes are others is
        deleted. Objects encrypted with a KMS key have arbitrary tags: the server checked their bodies' MD5s.
        """
        encrypted_by_kms = str(response.get("ServerSideEncryption", "")).startswith("aws:kms")
        if encrypted_by_kms or _etag_in(response) == etag or self._holds(key, etag, digest):
            return
        self._delete_one(key)
        raise OtherBytesStored

    def _holds(self, key: str, etag: str, digest: ObjectDigest) -> bool:
        """Whether the object under a key has these bytes: by its entity tag, or else by reading it."""
        info = self.stat(key)
        if info is None or info.size != digest.size:
            return False
        if info.etag == etag:
            return True
        read = hashlib.sha256()
        for piece in self.body(key, info.etag, 0, info.size):
            read.update(piece)
        return read.hexdigest() == digest.sha256

    def _abort_quietly(self, key: str, upload_id: str) -> None:
        """Abort an upload and ignore failures: a later sweep aborts it."""
        try:
            self.abort(key, upload_id)
        except (BotoCoreError, ClientError):
            return


class MultipartUpload:
    """One multipart upload. Parts are sent in order; the entity tag of each is verified, if it has one."""

    def __init__(self, client: S3Client, bucket: str, key: str, upload_id: str, outage_s: float) -> None:
        self.upload_id = upload_id
        self.md5s: list[bytes] = []
        self._client = client
        self._outage_s = outage_s
        self._place: dict[str, Any] = {"Bucket": bucket, "Key": key, "UploadId": upload_id}
        self._sent: list[CompletedPartTypeDef] = []

    def send(self, body: io.IOBase, size: int, md5: bytes) -> None:
        """Send the next part.

        Raises:
            OtherBytesStored: the part's entity tag is not its MD5.
        """

        def send() -> Mapping[str, Any]:
            body.seek(0)
            return self._client.upload_part(
                **self._place,
                PartNumber=len(self._sent) + 1,
                Body=cast("IO[bytes]", body),
                ContentLength=size,
                ContentMD5=content_md5(md5),
            )

        response = outlive(send, self._outage_s)
        self._add(_etag_in(response), str(response.get("ServerSideEncryption", "")), md5)

    def copy(self, key: str, etag: str, size: int, md5: bytes) -> None:
        """Let the server copy the next part: the first ``size`` bytes of an object in the same bucket.

        Raises:
            OtherBytesStored: the object has changed, or the part's entity tag is not ``md5``.
        """
        condition: dict[str, Any] = {"CopySourceIfMatch": f'"{etag}"'} if etag else {}
        try:
            response = outlive(
                lambda: self._client.upload_part_copy(
                    **self._place,
                    PartNumber=len(self._sent) + 1,
                    CopySource={"Bucket": self._place["Bucket"], "Key": key},
                    CopySourceRange=f"bytes=0-{size - 1}",
                    **condition,
                ),
                self._outage_s,
            )
        except ClientError as error:
            if code_of(error) in NAME_TAKEN_CODES:  # the object was replaced since it was checked
                raise OtherBytesStored from None
            raise
        self._add(
            _etag_in(response.get("CopyPartResult", {})), str(response.get("ServerSideEncryption", "")), md5
        )

    def complete(self, conditions: dict[str, Any]) -> dict[str, Any]:
        """Complete the upload: the object becomes visible."""
        done = self._client.complete_multipart_upload(
            **self._place, MultipartUpload={"Parts": self._sent}, **conditions
        )
        return dict(done)

    def _add(self, etag: str, encryption: str, md5: bytes) -> None:
        if etag and not encryption.startswith("aws:kms") and etag != md5.hex():
            raise OtherBytesStored
        self._sent.append({"PartNumber": len(self._sent) + 1, "ETag": f'"{etag or md5.hex()}"'})
        self.md5s.append(md5)


def _client(session: boto3.session.Session, address: S3Address, options: TransferOptions) -> S3Client:
    """Create a client with credentials from the AWS credential chain only."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": options.attempts},
        max_pool_connections=CONNECTIONS,
        connect_timeout=options.connect_timeout_s,
        read_timeout=options.read_timeout_s,
        signature_version="s3v4",
        s3={"addressing_style": address.addressing},  # type: ignore[arg-type] # checked by S3Address
        # Bodies are sent with Content-MD5, which every server supports, and tags are verified here.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    region = address.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    client = session.client(
        "s3", endpoint_url=address.endpoint, region_name=region or "us-east-1", config=config
    )
    client.meta.events.register("before-call.s3.DeleteObjects", _add_content_md5)
    return client


def _add_content_md5(params: dict[str, Any], **_: object) -> None:
    """Send Content-MD5 with DeleteObjects, as S3 asked for before 2023 and other servers still do."""
    digest = hashlib.md5(params["body"], usedforsecurity=False).digest()
    params["headers"]["Content-MD5"] = content_md5(digest)


def _etag_in(response: Mapping[str, Any]) -> str:
    return str(response.get("ETag") or "").strip('"')
