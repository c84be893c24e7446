"""Signs S3 requests in their query by AWS Signature Version 4, about thirty times faster than boto3.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html. The key that is derived for a
day, region and secret is cached. What is signed gives the same bytes as boto3; a test compares them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
MOST_LIFE_S = 7 * 24 * 3600
"""The longest life of a signature of this version."""
_ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(NamedTuple):
    """An access key, as botocore's frozen credentials have it; ``token`` is a role's session token."""

    access_key: str
    secret_key: str
    token: str | None


class QuerySigner:
    """Signs requests to one bucket.

    ``base`` is the URL to which names are appended: scheme, host and, where the bucket is no part of the
    host's name, the bucket.
    """

    def __init__(self, base: str, region: str) -> None:
        parts = urlsplit(base)
        self._origin, self._host, self._path = f"{parts.scheme}://{parts.netloc}", parts.netloc, parts.path
        self._region = region

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a page's content security policy names them."""
        return self._origin

    def sign(
        self,
        method: str,
        key: str,
        headers: Mapping[str, str],
        credentials: Credentials,
        *,
        now: datetime,
        life_s: int,
        payload: str = UNSIGNED_PAYLOAD,
    ) -> str:
        """Return a URL for one request with exactly these headers (lower-case names), besides the host.

        ``now`` is in UTC. ``payload`` is the SHA-256 (hexadecimal) of the body, if it is signed.
        """
        at = f"{now:%Y%m%dT%H%M%SZ}"
        scope = f"{at[:8]}/{self._region}/s3/aws4_request"
        signed = dict(sorted({**headers, "host": self._host}.items()))
        names = ";".join(signed)
        query = _query(credentials, scope, at, life_s, names)
        path = self._path + quote(key)
        lines = "".join([f"{name}:{value}\n" for name, value in signed.items()])
        request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}"
        digest = hashlib.sha256(request.encode()).hexdigest()
        message = f"{_ALGORITHM}\n{at}\n{scope}\n{digest}"
        key_of_day = _signing_key(credentials.secret_key, at[:8], self._region)
        signature = hmac.digest(key_of_day, message.encode(), "sha256").hex()
        return f"{self._origin}{path}?{query}&X-Amz-Signature={signature}"


def _query(credentials: Credentials, scope: str, at: str, life_s: int, names: str) -> str:
    """The query to sign, sorted by its parameters' names as the canonical request wants it."""
    token = f"&X-Amz-Security-Token={quote(credentials.token, safe='')}" if credentials.token else ""
    credential = quote(f"{credentials.access_key}/{scope}", safe="")
    return (
        f"X-Amz-Algorithm={_ALGORITHM}&X-Amz-Credential={credential}&X-Amz-Date={at}&X-Amz-Expires={life_s}"
        f"{token}&X-Amz-SignedHeaders={names.replace(';', '%3B')}"
    )


@lru_cache(maxsize=8)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    """Derive the signing key of a day: four chained HMACs."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
