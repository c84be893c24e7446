"""Collects what an installer is checked against: charter, base manifest, state, code signature."""

from __future__ import annotations

from pathlib import Path

from oneseat.pipeline.base import current_base
from oneseat.pipeline.base.builder import all_bases
from oneseat.pipeline.base.current_base import CodeSigning
from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam.errors import CharterUnsigned
from oneseat.pipeline.project import Project
from oneseat.pipeline.verifying.inspect import Reference
from signing import installer
from signing.authority.manifest import Manifest
from signing.charter import Charter
from signing.refusals import PeMalformed


def of(project: Project, path: Path) -> Reference:
    """Collect the project's references for the file at ``path``; None for what does not exist yet.

    The manifest is that of the base with the file's Authenticode digest, because installers
    of an earlier base stay valid after a hotfix. If no base has it, it is the last built one.

    Raises:
        KeyMissing: the key ring lacks a key.
        PassphraseWrong: the passphrase does not open the key ring.
        KeyRingBroken: the key ring is damaged.
        CodeSigningIdentityUnusable: the code signing identity cannot be used.
    """
    root = project.authority.entry("root").public_key
    in_force: Charter | None
    try:
        in_force = charters.in_force(project.database, root, project.exam.id)
    except CharterUnsigned:
        newest = charters.newest_signed(project.workspace.charters, root, project.exam.id)
        in_force = newest.charter if newest else None
    code_signature = CodeSigning().signer(project).verify
    return Reference(in_force, _manifest_for(project, path), project.database, code_signature)


def _manifest_for(project: Project, path: Path) -> Manifest | None:
    try:
        with path.open("rb") as file:
            digest = installer.authenticode_sha256(file)
    except (OSError, PeMalformed):
        digest = ""  # the examination itself says what is wrong with the file
    manifests = [base.manifest for base in all_bases(project.workspace.base)]
    for manifest in manifests:
        if manifest.authenticode_sha256 == digest:
            return manifest
    return current_base.last_built(project).manifest if manifests else None
