"""Charter and base of one project: what the commands and ``release`` share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline.base import inputs as base_inputs
from oneseat.pipeline.base.builder import Base, BaseBuilder, all_bases, open_base
from oneseat.pipeline.base.inputs import BaseInputs, ExamNames
from oneseat.pipeline.errors import BuildNotAccepted, CharterUnsigned
from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam.charters import SignedCharter
from oneseat.pipeline.project import Project
from oneseat.pipeline.tools.code_signing import CodeSigner, OsslsigncodeSigner, SigntoolSigner
from oneseat.pipeline.verifying.inspect import Reference
from oneseat.state.database import Database
from oneseat.state.errors import StateAbsent
from oneseat.state.publishing import charters as published
from signing import installer
from signing.authority.manifest import Manifest
from signing.charter import Charter
from signing.errors import PeMalformed
from signing.jws import b64url_decode

Report = Callable[[str], None]


def inputs(project: Project) -> BaseInputs:
    """What the client and the installer of this exam are made of now; its hash is the build id."""
    drafted = charters.export(project.exam, 1, project.clock.now(), (), ())
    return base_inputs.collect(ExamNames.of(drafted), project.authority.entry("root").public_key)


def sign_charter(project: Project, version: int | None = None) -> SignedCharter:
    """Sign the exam file as a charter that lists both rings' keys and accepts the present build.

    Raises:
        As :func:`oneseat.pipeline.exam.charters.sign` and :func:`inputs`.
    """
    rings = (project.workspace.authority_keys, project.workspace.portal_keys)
    return charters.sign(
        project.exam,
        project.workspace.charters,
        project.authority.signer("root"),
        charters.public_keys(*rings),
        [inputs(project).build_id],
        project.clock,
        version=version,
        in_force=_version_in_force(project),
    )


def _version_in_force(project: Project) -> int | None:
    with project.database.reading() as connection:
        in_force = published.newest(connection, project.exam.id)
    return in_force.version if in_force else None


def charter_for_base(project: Project, build_id: str) -> SignedCharter:
    """The charter that a base carries: the one in force, or the newest signed where none is yet.

    One that was signed ahead is not shown to candidates before it is published.

    Raises:
        CharterUnsigned: none is signed.
        BuildNotAccepted: it does not list the build.
    """
    root = project.authority.entry("root").public_key
    version = _version_in_force(project)
    signed = charters.of_version(project.workspace.charters, root, project.exam.id, version)
    if build_id not in signed.charter.builds:
        raise BuildNotAccepted(build=build_id[:12], version=signed.version)
    return signed


@dataclass(frozen=True)
class CodeSigning:
    """How Windows files are signed: ``thumbprint`` picks a certificate in Windows' own store.

    Without one, the identity in the workspace signs. ``timestamp_url`` is an RFC 3161 server.
    """

    timestamp_url: str | None = None
    thumbprint: str | None = None

    def signer(self, project: Project) -> CodeSigner:
        """The signer of these settings."""
        if self.thumbprint is not None:
            return SigntoolSigner(self.thumbprint, self.timestamp_url)
        return OsslsigncodeSigner(project.identity, timestamp_url=self.timestamp_url)


def builder(project: Project, signing: CodeSigning, on_step: Report, on_line: Report) -> BaseBuilder:
    """A base builder for the project as it is now.

    Raises:
        As :func:`inputs`, :func:`charter_for_base` and :attr:`Project.identity`.
    """
    present = inputs(project)
    return BaseBuilder(
        project.workspace.base,
        present,
        charter_for_base(project, present.build_id).token,
        signing.signer(project),
        rehearsal=project.authority.rehearsal,
        on_step=on_step,
        on_line=on_line,
    )


def current_base(project: Project) -> Base:
    """The base that was built last.

    Raises:
        BaseMissing, BaseChanged: there is none, or its manifest is damaged.
    """
    return open_base(project.workspace.base)


def reference(project: Project, path: Path) -> Reference:
    """What a file is held against: charter in force, the base it is a copy of, state, certificate.

    Of several bases the one with the file's Authenticode digest counts, since installers of
    an earlier base stay valid after a hotfix; of none, the base that was built last.

    What the project does not have yet is left out.

    Raises:
        KeyMissing, PassphraseWrong, KeyRingBroken, CodeSigningIdentityUnusable: keys cannot be used.
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


def charter_without_passphrase(project: Project) -> Charter:
    """The charter in force, or the newest signed where none is.

    Raises:
        CharterUnsigned: there is none.
        KeyMissing, KeyRingBroken: there is no ring whose root key it could be held against.
    """
    root = b64url_decode(project.root_key)
    try:
        return charters.in_force(Database.open(project.state_url), root, project.exam.id)
    except (CharterUnsigned, StateAbsent):
        return charters.of_version(project.workspace.charters, root, project.exam.id, None).charter


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
    return current_base(project).manifest if manifests else None
