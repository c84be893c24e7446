"""What signing the URLs costs that pages upload to."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
from botocore.config import Config

from bench.measure import interleaved
from oneseat.store.address import S3Address
from oneseat.store.segments import FolderSegments, SegmentStore, SegmentUpload
from oneseat.store.segments.s3 import S3Segments

_CALLS = 200
_LIFE = timedelta(minutes=10)
_REGION = "cn-north-1"
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "only-for-tests",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}


def uploads() -> list[SegmentUpload]:
    """Segments as one page announces them."""
    made = []
    for number in range(_CALLS):
        sha256 = hashlib.sha256(b"%d" % number).hexdigest()
        name = f"recordings/bench/{'a' * 32}/camera/{'d' * 24}/{number:06d}-{sha256}.webm"
        made.append(SegmentUpload(name, 1_000_000 + number, sha256))
    return made


def signing(store: SegmentStore, wanted: list[SegmentUpload]) -> Callable[[], None]:
    """A loop that signs a URL for each segment."""

    def sign() -> None:
        now = datetime.now(UTC)
        for upload in wanted:
            store.url_for(upload, now, now + _LIFE)

    return sign


def signing_by_boto3(wanted: list[SegmentUpload]) -> Callable[[], None]:
    """The same by boto3, with the same headers."""
    client = boto3.client("s3", region_name=_REGION, config=Config(signature_version="s3v4"))

    def sign() -> None:
        for upload in wanted:
            asked = {
                "Bucket": "bench",
                "Key": upload.name,
                "ContentType": upload.media_type,
                "ContentLength": upload.size,
                "ChecksumSHA256": upload.sha256,
            }
            client.generate_presigned_url("put_object", Params=asked, ExpiresIn=600)

    return sign


def measure(rounds: int) -> dict[str, float]:
    """Microseconds of a signed URL: ours to a bucket, boto3's, and ours to the room's own folder."""
    os.environ |= _CREDENTIALS
    wanted = uploads()
    bucket = S3Segments(S3Address("bench", region=_REGION))
    folder = FolderSegments(Path("unused"), bytes(32), "https://room.example/room/segments/")
    jobs = {
        "presign_us": signing(bucket, wanted),
        "presign_boto3_us": signing_by_boto3(wanted),
        "folder_url_us": signing(folder, wanted),
    }
    return {name: seconds / _CALLS * 1e6 for name, seconds in interleaved(jobs, rounds).items()}
