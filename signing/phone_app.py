"""Reads a phone app (APK): its licence, and the digest of its content and signer.

The digest leaves out the APK Signing Block except for the signer's certificate, so it is the same for the
base and every stamped copy. Another content or another signer gives another digest.
"""

from __future__ import annotations

import hashlib
from typing import BinaryIO, NamedTuple

from signing import apk, apk_region, apk_signature
from signing.region import Region

_PURPOSE = b"oneseat/apk/v1\0"


class PhoneApp(NamedTuple):
    """The contents of a phone app. Trust nothing here before the licence verifies."""

    region: Region
    licence: bytes
    digest: str
    size: int


def digest(file: BinaryIO) -> str:
    """Compute the digest of an APK's content and signer certificate, in hexadecimal.

    Raises:
        ApkMalformed, ApkUnsigned: the file is no signed APK that can be walked.
        ApkSignatureWrong: its signatures are not of this content.
        RegionMalformed: it has two licence regions.
    """
    return _digest(file, apk.read_layout(file))


def _digest(file: BinaryIO, layout: apk.Layout) -> str:
    certificate = apk_signature.check(file, layout)[0].certificate
    content = apk_signature.content_digest(file, layout)
    return hashlib.sha256(_PURPOSE + content + hashlib.sha256(certificate).digest()).hexdigest()


def read(file: BinaryIO) -> PhoneApp:
    """Read a phone app and check its format: zip, signing block, padding, region, recorded digests.

    Raises:
        ApkMalformed, ApkUnsigned: the file is no signed APK that can be walked.
        ApkBlockNotPadded: its signing block does not fill whole pages.
        ApkSignatureWrong: its signatures are not of this content.
        RegionMissing: its signing block has no licence region.
        RegionMalformed: the region's magic, length or zeros are not as they must be.
    """
    layout = apk.read_layout(file)
    licence = apk_region.read(file)
    return PhoneApp(apk_region.locate_in(layout), licence, _digest(file, layout), layout.file_bytes)
