"""Somebody at the portal: logs in and downloads, over real HTTP and by the public interface alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import httpx

from demo.errors import DownloadWrong, PortalSilent
from pipeline.roster import Candidate


@dataclass(frozen=True)
class Download:
    """What came: the file, its size in bytes, its SHA-256, and the install code of the download page."""

    path: Path
    size: int
    sha256: str
    install_code: str


def download(portal_url: str, exam: str, person: Candidate, folder: Path, log: Path) -> Download:
    """Log in as ``person``, download the installer into ``folder``, and hold it against its announcement.

    Raises:
        PortalSilent: the portal refused or did not answer; ``log`` is where it says why.
        DownloadWrong: size or hash differ.
    """
    identity = {name: getattr(person, name) for name in ("name", "id_number", "admission_number")}
    try:
        with httpx.Client(base_url=portal_url, trust_env=False, timeout=60) as http:
            granted = http.post(f"/api/v1/exams/{exam}/authenticate", json=identity).raise_for_status().json()
            offer = granted["download"]
            path = folder / f"{granted['jti']}.exe"
            sha256 = _fetch(http, offer["url"], granted["session"], path)
    except httpx.HTTPError as error:
        raise PortalSilent(reason=type(error).__name__, log=log) from None
    size = path.stat().st_size
    if (size, sha256) != (offer["size"], offer["sha256"]):
        raise DownloadWrong(what="size" if size != offer["size"] else "SHA-256")
    return Download(path, size, sha256, granted["install_code"])


def _fetch(http: httpx.Client, url: str, session: str, path: Path) -> str:
    digest = hashlib.sha256()
    headers = {"authorization": f"Bearer {session}"}
    with http.stream("GET", url, headers=headers) as answer, path.open("wb") as file:
        answer.raise_for_status()
        for piece in answer.iter_bytes():
            file.write(piece)
            digest.update(piece)
    return digest.hexdigest()
