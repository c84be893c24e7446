"""Every stored version of a bucket's objects: what a bucket with versioning keeps of what was deleted.

A plain listing shows the newest versions only, and a plain deletion adds a marker. To erase, versions and
markers are listed and deleted one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from oneseat.store.s3_bucket import PAGE_NAMES, Bucket
from oneseat.store.s3_faults import UNSUPPORTED_CODES, code_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NO_REPLICATION = frozenset({"ReplicationConfigurationNotFoundError", "ReplicationConfigurationNotFound"})
_DENIED = frozenset({"AccessDenied", "403"})
_UNKNOWN_PARAMETER = frozenset({"InvalidArgument", "InvalidRequest"})


@dataclass(frozen=True)
class Version:
    """One version of an object. ``id`` is None on a server without versions; a marker has no bytes."""

    key: str
    id: str | None
    size: int
    is_marker: bool = False


class Versions:
    """Lists and deletes versions. Failures are botocore's exceptions."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._client: S3Client = bucket.client

    def list_below(self, prefix: str) -> Iterator[Version]:
        """Yield all versions and deletion markers of keys that begin with ``prefix``.

        A server that has no versions lists its objects instead.
        """
        try:
            yield from self._versions(prefix)
        except ClientError as error:
            if code_of(error) not in UNSUPPORTED_CODES | _UNKNOWN_PARAMETER:
                raise
            yield from self._objects(prefix)

    def delete(self, versions: Sequence[Version]) -> None:
        """Delete versions for good, one by one: servers differ in what they delete in one request."""
        for version in versions:
            which: dict[str, Any] = {} if version.id is None else {"VersionId": version.id}
            self._client.delete_object(Bucket=self._bucket.name, Key=version.key, **which)

    def are_hidden(self) -> bool:
        """Whether the bucket may keep older versions that this caller is not allowed to list."""
        try:
            self._client.list_object_versions(Bucket=self._bucket.name, MaxKeys=1)
        except ClientError as error:
            if code_of(error) in _DENIED:
                return True
            if code_of(error) not in UNSUPPORTED_CODES | _UNKNOWN_PARAMETER:
                raise
        return False

    def is_replicated(self) -> bool:
        """Whether the bucket has rules that copy its objects to other buckets, as far as the server says."""
        try:
            answer = self._client.get_bucket_replication(Bucket=self._bucket.name)
        except ClientError as error:
            if code_of(error) in _NO_REPLICATION | UNSUPPORTED_CODES | _UNKNOWN_PARAMETER | _DENIED:
                return False
            raise
        rules = answer.get("ReplicationConfiguration", {}).get("Rules", [])
        return any(rule.get("Status") == "Enabled" for rule in rules)

    def _versions(self, prefix: str) -> Iterator[Version]:
        pages = self._client.get_paginator("list_object_versions")
        for page in pages.paginate(
            Bucket=self._bucket.name, Prefix=prefix, PaginationConfig={"PageSize": PAGE_NAMES}
        ):
            for item in page.get("Versions", ()):
                yield Version(item["Key"], item.get("VersionId"), item.get("Size", 0))
            for marker in page.get("DeleteMarkers", ()):
                yield Version(marker["Key"], marker.get("VersionId"), 0, is_marker=True)

    def _objects(self, prefix: str) -> Iterator[Version]:
        for page in self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket.name, Prefix=prefix
        ):
            for item in page.get("Contents", ()):
                yield Version(item["Key"], None, item.get("Size", 0))
