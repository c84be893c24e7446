"""The kinds of file that carry a licence: what differs between an installer (PE) and a phone app (APK).

Stamping, inspecting and delivering take a :class:`Container` and have one code path for all kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Callable, NamedTuple, Type

from signing import apk_region, installer, phone_app, region
from signing.refusals import (
    ApkBlockNotPadded,
    ApkMalformed,
    ApkUnsigned,
    PeMalformed,
    RegionMalformed,
    RegionMissing,
)
from signing.region import Region
from signing.text import Text
from signing.tokens import Licence, PhoneLicence, SeatLicence

REFUSALS = (ApkBlockNotPadded, ApkMalformed, ApkUnsigned, PeMalformed, RegionMalformed, RegionMissing)
"""What ``locate`` and ``read_licence`` refuse a file with."""


class Contents(NamedTuple):
    """The contents of a file with a licence region. Trust nothing here before the licence verifies."""

    region: Region
    licence: bytes
    digest: str
    size: int


def _read_installer(file: BinaryIO) -> Contents:
    return Contents(*installer.read(file))


def _read_phone_app(file: BinaryIO) -> Contents:
    return Contents(*phone_app.read(file))


def _phone_packer(place: Region, _region_sum: int) -> Callable[[bytes], bytes]:
    return apk_region.packer(place)


@dataclass(frozen=True)
class Container:
    """A kind of file with a licence region.

    ``locate`` finds the region. ``packer`` makes the function that encodes licences as its bytes, for which
    only an installer needs the manifest's ``region_sum``. ``read_licence`` reads the licence, ``read`` the
    whole contents with every check of the format, and ``digest`` computes what a licence is bound to.
    ``licence`` is the class of its licences.
    """

    artefact: str
    form: Text
    suffix: str
    media_type: str
    licence: Type[SeatLicence]
    locate: Callable[[BinaryIO], Region]
    packer: Callable[[Region, int], Callable[[bytes], bytes]]
    read_licence: Callable[[BinaryIO], bytes]
    read: Callable[[BinaryIO], Contents]
    digest: Callable[[BinaryIO], str]


INSTALLER = Container(
    artefact="installer",
    form=Text("Form: signed PE file with a licence region", "文件结构：已签名的 PE 文件，含许可区"),
    suffix=".exe",
    media_type="application/vnd.microsoft.portable-executable",
    licence=Licence,
    locate=region.locate,
    packer=region.packer,
    read_licence=region.read,
    read=_read_installer,
    digest=installer.authenticode_sha256,
)
PHONE = Container(
    artefact="phone",
    form=Text("Form: signed APK with a licence region", "文件结构：已签名的安卓安装包，含许可区"),
    suffix=".apk",
    media_type="application/vnd.android.package-archive",
    licence=PhoneLicence,
    locate=apk_region.locate,
    packer=_phone_packer,
    read_licence=apk_region.read,
    read=_read_phone_app,
    digest=phone_app.digest,
)
BY_ARTEFACT = {container.artefact: container for container in (INSTALLER, PHONE)}


def recognise(file: BinaryIO) -> Container:
    """Tell the container of a file by its first bytes; what is no zip is read as an installer."""
    file.seek(0)
    return PHONE if file.read(2) == b"PK" else INSTALLER
