"""A candidate at the portal: logs in and downloads with the SDK, over real HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from oneseat.demo.errors import DownloadWrong, PortalSilent
from oneseat.pipeline.roster import Candidate
from oneseat.portal.sdk.client import DownloadDiffers, PortalClient, PortalNotUnderstood, RefusedByPortal
from oneseat.portal.sdk.models import IdentityBody
from signing.text import Text, untranslated, verbatim


@dataclass(frozen=True)
class Download:
    """A downloaded installer: its file, size in bytes, SHA-256, and the install code.

    ``phone`` is the seat's phone app, downloaded beside it.
    """

    path: Path
    phone: Path
    size: int
    sha256: str
    install_code: str


def download(portal_url: str, exam: str, person: Candidate, folder: Path, log: Path) -> Download:
    """Log in as ``person``, download installer and phone app into ``folder``, and verify the first.

    Raises:
        PortalSilent: the portal refused or did not answer; the refusal names ``log``, the portal's log.
        DownloadWrong: size or hash differs from the portal's announcement.
    """
    identity = IdentityBody(
        name=person.name, id_number=person.id_number, admission_number=person.admission_number
    )
    try:
        with PortalClient(portal_url, exam) as portal:
            login = portal.authenticate(identity)
            offer = login.download
            if offer is None:
                raise PortalSilent(reason=Text("no download is offered", "平台没有提供下载"), log=log)
            path = folder / f"{login.jti}.exe"
            portal.download(offer, login.session, path)
            phone = _fetch_phone(
                portal.link(login.jti, login.session).phone_url, path.with_suffix(".apk"), log
            )
    except RefusedByPortal as refusal:
        raise PortalSilent(reason=verbatim(refusal.code), log=log) from None
    except PortalNotUnderstood as error:
        raise PortalSilent(reason=untranslated(error), log=log) from None
    except DownloadDiffers:
        raise DownloadWrong(what="SHA-256") from None
    return Download(path, phone, offer.size, offer.sha256, login.install_code)


def _fetch_phone(address: str | None, to: Path, log: Path) -> Path:
    """Fetch a phone app as a phone's browser does, from an address that is good for some minutes."""
    if address is None:
        raise PortalSilent(reason=Text("no phone app is offered", "平台没有提供手机端"), log=log)
    try:
        answer = httpx.get(address, trust_env=False, timeout=60).raise_for_status()
    except httpx.HTTPError as error:
        raise PortalSilent(reason=untranslated(type(error).__name__), log=log) from None
    to.write_bytes(answer.content)
    return to
