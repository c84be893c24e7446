"""A published release, memory-mapped, from which any seat's installer is composed."""

from __future__ import annotations

from pathlib import Path

from oneseat.portal.delivery.compose import ComposedInstaller, SharedPrefix
from oneseat.portal.delivery.signer_name import signer_name
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.publishing.releases import PublishedRelease
from signing.authority.manifest import Manifest
from signing.authority.stamp import Stamper
from signing.charter import Charter


class OpenRelease:
    """A published base, checked against its manifest and mapped into memory."""

    def __init__(self, release: PublishedRelease, base: Path) -> None:
        self.id = release.id
        self.manifest = Manifest.from_json(release.manifest.encode())
        self._stamper = Stamper(self.manifest, base)
        self._prefix = SharedPrefix(base, self._stamper.prefix_bytes)
        self._signer_name = "" if self.manifest.development_certificate else signer_name(base)

    def compose(self, seat: PublishedSeat, charter: Charter) -> ComposedInstaller:
        """The seat's installer."""
        tail = self._stamper.tail(seat.token.encode("ascii"))
        return ComposedInstaller(
            self._prefix, tail, self._stamper.sha256(tail), file_name(seat, charter), self._signer_name
        )


def file_name(seat: PublishedSeat, charter: Charter) -> str:
    """The name that the download proposes. It is unique per seat and holds nothing personal."""
    return f"{charter.product.zh}考生端-{charter.exam}-{seat.jti[:8]}.exe"
