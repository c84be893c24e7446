"""The address of a bucket: ``s3://bucket/prefix?endpoint=https://...&region=...``.

An address never holds credentials. They come from the AWS credential chain: environment
variables, the shared credentials file, the role of a container or an instance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from oneseat.store.errors import StoreAddressInvalid
from oneseat.store.protocol import checked_name
from signing import urls
from signing.text import Text

SCHEME = "s3"
ENCRYPTIONS = ("AES256", "aws:kms")
"""Encryption at rest that can be requested: with the store's own key, or with a KMS key."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_WORD = re.compile(r"[A-Za-z0-9:/_-]{1,256}")
_ADDRESSING = ("auto", "path", "virtual")


@dataclass(frozen=True)
class S3Address:
    """A bucket, the prefix of all names in it, and how to reach it.

    ``endpoint`` is None for Amazon's own; ``encryption`` is None for the bucket's default.
    """

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    encryption: str | None = None
    kms_key: str | None = None
    addressing: str = "auto"

    @classmethod
    def parse(cls, text: str) -> S3Address:
        """Parse an address.

        Raises:
            StoreAddressInvalid: the text is no such address. It is not repeated: it may hold a secret.
            ObjectNameInvalid: the prefix is no valid start of an object name.
        """
        parts = urlsplit(text)
        if parts.scheme != SCHEME or not _BUCKET.fullmatch(parts.netloc) or parts.fragment:
            raise StoreAddressInvalid(
                reason=Text("it is not s3://bucket/prefix", "不是 s3://bucket/prefix 形式")
            )
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=10)
        for name, _ in pairs:
            if name not in _PARAMETERS:
                raise StoreAddressInvalid(
                    reason=Text(
                        f"it may be followed by {', '.join(_PARAMETERS)} only, never by credentials",
                        f"其后只能有 {'、'.join(_PARAMETERS)}，不能有凭据",
                    )
                )
        values = dict(pairs)
        if len(values) != len(pairs):
            raise StoreAddressInvalid(reason=Text("a parameter is given twice", "有参数重复"))
        for name, value in values.items():
            if not _PARAMETERS[name](value):
                raise StoreAddressInvalid(reason=Text(f"its '{name}' is not usable", f"参数“{name}”不可用"))
        if "kms_key" in values and values.get("encryption") != "aws:kms":
            raise StoreAddressInvalid(
                reason=Text("'kms_key' needs encryption=aws:kms", "使用 kms_key 时须指定 encryption=aws:kms")
            )
        prefix = parts.path.strip("/")
        return cls(parts.netloc, f"{checked_name(prefix)}/" if prefix else "", **values)

    @property
    def url(self) -> str:
        """The whole address, as :meth:`parse` reads it."""
        pairs = {name: value for name in _PARAMETERS if (value := getattr(self, name)) is not None}
        return f"{self.display}?{urlencode(pairs)}"

    @property
    def display(self) -> str:
        """The address for messages: bucket and prefix."""
        return f"{SCHEME}://{self.bucket}/{self.prefix}".rstrip("/")


def _endpoint(value: str) -> bool:
    """Check an endpoint: https, or http on loopback, with nothing but scheme, host and port."""
    address = urls.parse(value)
    return address is not None and address.is_secure and address.is_origin


def _is_word(value: str) -> bool:
    return bool(_WORD.fullmatch(value))


_PARAMETERS = {
    "endpoint": _endpoint,
    "region": _is_word,
    "encryption": ENCRYPTIONS.__contains__,
    "kms_key": _is_word,
    "addressing": _ADDRESSING.__contains__,
}
