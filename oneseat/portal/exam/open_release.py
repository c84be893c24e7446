"""A published release, memory-mapped, from which any seat's installer and phone app are composed."""

from __future__ import annotations

from pathlib import Path

from oneseat.portal.delivery.compose import ComposedInstaller, SharedPrefix
from oneseat.portal.delivery.signer_name import signer_name
from oneseat.state.artefacts import INSTALLER
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.publishing.releases import PublishedPhone, PublishedRelease
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.charter import Charter


class OpenBase:
    """A published base, checked against its manifest and mapped into memory."""

    def __init__(self, manifest: str, base: Path) -> None:
        self.manifest = Manifest.from_json(manifest.encode())
        self._stamper = Stamper(self.manifest, base)
        self._prefix = SharedPrefix(base, self._stamper.prefix_bytes)
        shows_name = self.manifest.artefact == INSTALLER and not self.manifest.development_certificate
        self._signer_name = signer_name(base) if shows_name else ""

    def compose_with(self, token: str, file_name: str) -> ComposedInstaller:
        """The file of the seat that a licence token is for."""
        tail, container = self._stamper.tail(token.encode("ascii")), self.manifest.container
        return ComposedInstaller(
            prefix=self._prefix,
            tail=tail,
            sha256=self._stamper.sha256(tail),
            file_name=file_name,
            signer_name=self._signer_name,
            media_type=container.media_type,
            artefact=container.artefact,
        )


class OpenRelease(OpenBase):
    """A published installer, opened."""

    def __init__(self, release: PublishedRelease, base: Path) -> None:
        super().__init__(release.manifest, base)
        self.id = release.id

    def compose(self, seat: PublishedSeat, charter: Charter) -> ComposedInstaller:
        """The seat's installer."""
        return self.compose_with(seat.token, file_name(seat, charter))


class OpenPhone(OpenBase):
    """The phone app of a published release, opened."""

    def __init__(self, release_id: int, phone: PublishedPhone, base: Path) -> None:
        super().__init__(phone.manifest, base)
        self.id = release_id
        self.edition_id = phone.edition_id

    def compose(self, seat: PublishedSeat, token: str, charter: Charter) -> ComposedInstaller:
        """The seat's phone app, with its licence ``token``."""
        return self.compose_with(token, phone_file_name(seat, charter))


def file_name(seat: PublishedSeat, charter: Charter) -> str:
    """The name that the download proposes. It is unique per seat and holds nothing personal."""
    return f"{charter.product.zh}考生端-{charter.exam}-{seat.jti[:8]}.exe"


def phone_file_name(seat: PublishedSeat, charter: Charter) -> str:
    """As :func:`file_name`, of the phone app."""
    return f"{charter.companion.zh}手机端-{charter.exam}-{seat.jti[:8]}.apk"
