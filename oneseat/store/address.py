"""The address of a bucket: ``s3://bucket/prefix?endpoint=https://...&region=...``.

An address never holds credentials. They come from where the AWS tools look for them:
environment variables, the shared credentials file, a container's or an instance's role.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from oneseat.store.errors import StoreAddressInvalid
from oneseat.store.protocol import checked_name
from signing import urls

SCHEME = "s3"
ENCRYPTIONS = ("AES256", "aws:kms")
"""How objects may be asked to be encrypted at rest: with the store's own key, or with one of a KMS."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_WORD = re.compile(r"[A-Za-z0-9:/_-]{1,256}")
_ADDRESSING = ("auto", "path", "virtual")


@dataclass(frozen=True)
class S3Address:
    """A bucket, what all names in it begin with, and how it is reached.

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
        """The address in ``text``.

        Raises:
            StoreAddressInvalid: it is not one. The text is not repeated: it may hold what it must not.
            ObjectNameInvalid: the prefix cannot begin the names of objects.
        """
        parts = urlsplit(text)
        if parts.scheme != SCHEME or not _BUCKET.fullmatch(parts.netloc) or parts.fragment:
            raise StoreAddressInvalid(reason="it is not s3://bucket/prefix")
        given = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=10)
        for name, _ in given:
            if name not in _PARAMETERS:
                raise StoreAddressInvalid(
                    reason=f"it may be followed by {', '.join(_PARAMETERS)} only, never by credentials"
                )
        values = dict(given)
        if len(values) != len(given):
            raise StoreAddressInvalid(reason="a parameter is given twice")
        for name, value in values.items():
            if not _PARAMETERS[name](value):
                raise StoreAddressInvalid(reason=f"its '{name}' is not usable")
        if "kms_key" in values and values.get("encryption") != "aws:kms":
            raise StoreAddressInvalid(reason="'kms_key' needs encryption=aws:kms")
        prefix = parts.path.strip("/")
        return cls(parts.netloc, f"{checked_name(prefix)}/" if prefix else "", **values)

    @property
    def url(self) -> str:
        """The address as :meth:`parse` reads it."""
        given = {name: value for name in _PARAMETERS if (value := getattr(self, name)) is not None}
        return f"{self.shown}?{urlencode(given)}"

    @property
    def shown(self) -> str:
        """The address as it may be shown."""
        return f"{SCHEME}://{self.bucket}/{self.prefix}".rstrip("/")


def _endpoint(value: str) -> bool:
    """Whether it is https, or http on loopback, and nothing but scheme, host and port."""
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
