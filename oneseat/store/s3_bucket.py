"""A bucket, request by request: bodies with their MD5, entity tags held against what they must be.

Failed requests, and those that the server throttles, are sent again by the client library
(its ``standard`` mode): exponential backoff with jitter up to 20 s, and a quota of retries
that all threads share, so that a server in trouble is not called ever more often.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from oneseat.files.chunks import CHUNK_BYTES
from oneseat.store.address import S3Address
from oneseat.store.etags import content_md5, etag_of_parts, etag_of_whole
from oneseat.store.s3_faults import ABSENT, TAKEN, code_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MIB = 1 << 20
CONNECTIONS = 16
"""How many requests may be under way at a time."""
_READ_BYTES = CHUNK_BYTES // 4
"""A connection that breaks off loses less than one such piece of what had arrived."""
PAGE_NAMES = 1000
"""As many names as one request may list or delete."""


@dataclass(frozen=True)
class Sending:
    """How contents are sent, and how long a server is waited for.

    Whole up to ``whole_bytes``, else in parts of ``part_bytes``; a request at most
    ``attempts`` times.
    """

    whole_bytes: int = 64 * MIB
    part_bytes: int = 16 * MIB
    attempts: int = 8
    connect_timeout_s: float = 10
    read_timeout_s: float = 60


class NameTaken(Exception):
    """A conditional write found an object, or another writer, under the name."""


class OtherBytesStored(Exception):
    """The server's entity tag is not the one that the bytes sent must have."""


@dataclass(frozen=True)
class Found:
    """What the server says of an object: its size in bytes, and its entity tag without quotation marks."""

    size: int
    etag: str


class Bucket:
    """The requests that a store makes of its bucket. Raises what botocore raises."""

    def __init__(self, address: S3Address, sending: Sending) -> None:
        self.name = address.bucket
        self._client = _client(address, sending)
        self._conditions: dict[str, Any] = {"IfNoneMatch": "*"}
        asked = {"ServerSideEncryption": address.encryption, "SSEKMSKeyId": address.kms_key}
        self._encryption: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}

    def look(self, key: str) -> Found | None:
        """The object under a key, if there is one."""
        try:
            found = self._client.head_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if code_of(error) in ABSENT:
                return None
            self._explain(key)
            raise
        return Found(found["ContentLength"], _bare(found["ETag"]))

    def _explain(self, key: str) -> None:
        """Ask in a way whose refusal has a body: one of a HEAD says a status and no code."""
        self._client.get_object(Bucket=self.name, Key=key, Range="bytes=0-0")["Body"].close()

    def body(self, key: str, etag: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``end`` of the object with that entity tag, and of no other."""
        answer = self._client.get_object(
            Bucket=self.name, Key=key, Range=f"bytes={start}-{end - 1}", IfMatch=f'"{etag}"'
        )
        with closing(answer["Body"]) as body:
            while piece := body.read(_READ_BYTES):
                yield piece

    def put(self, key: str, body: io.IOBase, size: int, md5: bytes, sha256: str) -> None:
        """Put an object in one request, unless there is one.

        Raises:
            NameTaken, OtherBytesStored: as their names say.
        """

        def send() -> dict[str, Any]:
            answer = self._client.put_object(
                Bucket=self.name,
                Key=key,
                Body=cast("IO[bytes]", body),
                ContentLength=size,
                ContentMD5=content_md5(md5),
                Metadata={"sha256": sha256},
                **self._encryption,
                **self._conditions,
            )
            return dict(answer)

        try:
            answer = self._conditionally(send)
        except ClientError as error:
            if code_of(error) in TAKEN:
                raise NameTaken from None
            raise
        self._check(key, answer, etag_of_whole(md5))

    def put_parts(self, key: str, sha256: str, send: Callable[[Parts], None]) -> None:
        """Put an object as the parts that ``send`` sends, unless there is one.

        Nothing is seen of it before it is complete; where it fails, its parts are removed.

        Raises:
            NameTaken, OtherBytesStored: as their names say.
        """
        opened = self._client.create_multipart_upload(
            Bucket=self.name, Key=key, Metadata={"sha256": sha256}, **self._encryption
        )
        parts = Parts(self._client, self.name, key, opened["UploadId"])
        try:
            send(parts)
            answer = self._completed(parts)
        except BaseException:
            self._give_up(key, parts.upload_id)
            raise
        self._check(key, answer, etag_of_parts(parts.md5s))

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys that begin with ``prefix``, in the order of their bytes, a page to a request."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix, PaginationConfig={"PageSize": PAGE_NAMES}
        )
        for page in pages:
            for item in page.get("Contents", ()):
                yield item["Key"]

    def open_uploads(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Key and id of every upload in parts that was neither completed nor aborted."""
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self.name, Prefix=prefix)
        for page in pages:
            for upload in page.get("Uploads", ()):
                yield upload["Key"], upload["UploadId"]

    def abort(self, key: str, upload_id: str) -> None:
        """Remove an upload's parts; nothing happens when there is no such upload."""
        try:
            self._client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload_id)
        except ClientError as error:
            if code_of(error) not in ABSENT | {"NoSuchUpload"}:
                raise

    def delete(self, keys: Iterable[str]) -> str | None:
        """Delete at most a page of objects; the error code of one that was not, if any."""
        answer = self._client.delete_objects(
            Bucket=self.name, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
        )
        return next((fault.get("Code", "unknown") for fault in answer.get("Errors", ())), None)

    def presigned(self, key: str, life_s: int, answered: dict[str, str]) -> str:
        """A URL for one GET; ``answered`` are the headers that the answer will have, by parameter name."""
        asked = {"Bucket": self.name, "Key": key, **answered}
        return self._client.generate_presigned_url("get_object", Params=asked, ExpiresIn=life_s)

    def _conditionally(self, send: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Send a conditional write; without its condition to a server that knows no such thing."""
        try:
            return send()
        except ClientError as error:
            if not self._conditions or code_of(error) not in ("501", "NotImplemented"):
                raise
            self._conditions = {}
            return send()

    def _completed(self, parts: Parts) -> dict[str, Any]:
        try:
            return self._conditionally(lambda: parts.complete(self._conditions))
        except ClientError as error:
            # NoSuchUpload: an earlier attempt to complete it succeeded, and its answer was lost.
            if code_of(error) in TAKEN | {"NoSuchUpload"}:
                raise NameTaken from None
            raise

    def _check(self, key: str, answer: dict[str, Any], etag: str) -> None:
        """Hold the server's entity tag against the one that these bytes must have.

        Objects encrypted under a KMS key have tags of no meaning; their bodies' MD5s were checked.
        """
        encrypted_by_kms = str(answer.get("ServerSideEncryption", "")).startswith("aws:kms")
        if not encrypted_by_kms and _bare(answer["ETag"]) != etag:
            self._client.delete_object(Bucket=self.name, Key=key)
            raise OtherBytesStored

    def _give_up(self, key: str, upload_id: str) -> None:
        """Abort as far as that is possible now; a sweep does it otherwise."""
        try:
            self.abort(key, upload_id)
        except (BotoCoreError, ClientError):
            return


class Parts:
    """One upload in parts: parts are sent in order, each held against its MD5."""

    def __init__(self, client: S3Client, bucket: str, key: str, upload_id: str) -> None:
        self.upload_id = upload_id
        self.md5s: list[bytes] = []
        self._client = client
        self._place: dict[str, Any] = {"Bucket": bucket, "Key": key, "UploadId": upload_id}
        self._sent: list[CompletedPartTypeDef] = []

    def send(self, body: io.IOBase, size: int, md5: bytes) -> None:
        """Send the next part.

        Raises:
            OtherBytesStored: the server holds other bytes.
        """
        answer = self._client.upload_part(
            **self._place,
            PartNumber=len(self._sent) + 1,
            Body=cast("IO[bytes]", body),
            ContentLength=size,
            ContentMD5=content_md5(md5),
        )
        self._add(answer["ETag"], str(answer.get("ServerSideEncryption", "")), md5)

    def copy(self, key: str, etag: str, size: int, md5: bytes) -> None:
        """Let the server copy the next part: the first ``size`` bytes of an object in the same bucket.

        Raises:
            OtherBytesStored: they are not the bytes that ``md5`` is of.
        """
        try:
            answer = self._client.upload_part_copy(
                **self._place,
                PartNumber=len(self._sent) + 1,
                CopySource={"Bucket": self._place["Bucket"], "Key": key},
                CopySourceRange=f"bytes=0-{size - 1}",
                CopySourceIfMatch=f'"{etag}"',
            )
        except ClientError as error:
            if code_of(error) in TAKEN:  # it is no longer the object that was looked at
                raise OtherBytesStored from None
            raise
        self._add(answer["CopyPartResult"]["ETag"], str(answer.get("ServerSideEncryption", "")), md5)

    def complete(self, conditions: dict[str, Any]) -> dict[str, Any]:
        """Make the parts one object."""
        done = self._client.complete_multipart_upload(
            **self._place, MultipartUpload={"Parts": self._sent}, **conditions
        )
        return dict(done)

    def _add(self, etag: str, encryption: str, md5: bytes) -> None:
        if not encryption.startswith("aws:kms") and _bare(etag) != md5.hex():
            raise OtherBytesStored
        self._sent.append({"PartNumber": len(self._sent) + 1, "ETag": etag})
        self.md5s.append(md5)


def _client(address: S3Address, sending: Sending) -> S3Client:
    """A client whose credentials come from where the AWS tools look for them, and from nowhere else."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": sending.attempts},
        max_pool_connections=CONNECTIONS,
        connect_timeout=sending.connect_timeout_s,
        read_timeout=sending.read_timeout_s,
        signature_version="s3v4",
        s3={"addressing_style": address.addressing},  # type: ignore[arg-type] # checked by S3Address
        # Bodies go with an MD5 of ours, which every server knows; answers are held against what we know.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    region = address.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return boto3.session.Session().client(
        "s3", endpoint_url=address.endpoint, region_name=region or "us-east-1", config=config
    )


def _bare(etag: str) -> str:
    return etag.strip('"')
