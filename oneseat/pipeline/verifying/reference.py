"""Collects what a file is checked against: charter, base manifest, state, code signature."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from oneseat.pipeline import current_charter
from oneseat.pipeline.base.finished import all_bases, open_base
from oneseat.pipeline.exam.errors import CharterUnsigned
from oneseat.pipeline.project import Project
from oneseat.pipeline.tools.code_signing import verify_with_osslsigncode
from oneseat.pipeline.tools.identity import CERTIFICATE
from oneseat.pipeline.verifying.inspect import Reference
from oneseat.state.database import Database
from oneseat.state.errors import StateAbsent
from signing import containers
from signing.authority.errors import KeyMissing
from signing.authority.manifest import Manifest
from signing.charter import Charter
from signing.errors import OneSeatError


def of(project: Project, path: Path) -> Reference:
    """Collect the project's references for the file at ``path``; None for what does not exist here.

    Nothing is written, and no passphrase is needed: of the keys only the public index is read, and of
    the code-signing identity only the certificate.

    The manifest is that of the base with the file's digest, because copies of an earlier base stay
    valid after a hotfix. If no base has it, it is the last built one of the file's kind.

    Raises:
        KeyRingBroken: the key ring's index is damaged.
        StateUnavailable: the state database cannot be read.
    """
    return Reference(_charter(project), _manifest_for(project, path), _state(project), _signature(project))


def _charter(project: Project) -> Charter | None:
    """Look up the charter in force, or the newest signed; None without one, or without the root key."""
    try:
        return current_charter.without_passphrase(project)
    except (CharterUnsigned, KeyMissing):
        return None


def _state(project: Project) -> Database | None:
    try:
        return project.state
    except StateAbsent:
        return None


def _signature(project: Project) -> Callable[[Path], object] | None:
    """Return the check of code signatures, against the certificate that the workspace signs with."""
    certificate = project.workspace.code_signing / CERTIFICATE
    return partial(verify_with_osslsigncode, trusted=certificate) if certificate.is_file() else None


def _manifest_for(project: Project, path: Path) -> Manifest | None:
    try:
        with path.open("rb") as file:
            container = containers.recognise(file)
            digest = container.digest(file)
    except OSError:
        container, digest = containers.INSTALLER, ""
    except OneSeatError:
        digest = ""  # the examination itself says what is wrong with the file
    workspace = project.workspace
    folder = workspace.phone if container is containers.PHONE else workspace.base
    manifests = [base.manifest for base in all_bases(folder)]
    for manifest in manifests:
        if manifest.authenticode_sha256 == digest:
            return manifest
    return open_base(folder).manifest if manifests else None
