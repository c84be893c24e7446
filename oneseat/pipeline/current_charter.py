"""Signs a project's charter, and looks up the one that its base or its checks use."""

from __future__ import annotations

from collections.abc import Sequence

from oneseat.pipeline.exam import charters
from oneseat.pipeline.exam.charters import SignedCharter
from oneseat.pipeline.exam.errors import BuildNotAccepted, CharterUnsigned
from oneseat.pipeline.project import Project
from oneseat.pipeline.signing_clock import signing_time
from oneseat.state.database import Database
from oneseat.state.errors import StateAbsent
from oneseat.state.publishing import charters as published
from signing.charter import Charter
from signing.jws import b64url_decode


def sign(project: Project, builds: Sequence[str], version: int | None = None) -> SignedCharter:
    """Sign the exam file as a charter that lists the rings' keys and accepts the builds.

    Raises:
        ExamOver, ClockBehind: the clock is not plausible, and the project does not trust it.
        Otherwise as :func:`oneseat.pipeline.exam.charters.sign`.
    """
    time = signing_time(project.clock, project.exam, project.database, trust_clock=project.trust_clock)
    signed = charters.sign(
        project.exam,
        project.workspace.charters,
        project.authority.signer("root"),
        charters.public_keys(*project.workspace.public_rings),
        builds,
        project.clock,
        version=version,
        in_force=_version_in_force(project),
    )
    if signed.is_new and time.doubt is not None:
        with project.database.writing() as connection:
            time.record(connection, project.exam.id, "charter.sign")
    return signed


def preview(project: Project, builds: Sequence[str], state: Database | None) -> tuple[int, bool]:
    """Return the version that :func:`sign` would return, and whether it would be new; writes nothing."""
    exam, folder = project.exam, project.workspace.charters
    root = project.authority.entry("root").public_key
    keys = charters.public_keys(*project.workspace.public_rings)
    in_force = _newest_version(state, exam.id) if state else None
    unchanged = charters.find_unchanged(exam, folder, root, keys, builds, in_force=in_force)
    if unchanged is not None:
        return unchanged.version, False
    newest = charters.newest_signed(folder, root, exam.id)
    return (newest.version + 1 if newest else 1), True


def for_base(project: Project, build_id: str) -> SignedCharter:
    """Look up the charter to put into a base: the one in force, or the newest signed if none is.

    A charter that was signed ahead is not shown to candidates before it is published.

    Raises:
        CharterUnsigned: no charter is signed.
        BuildNotAccepted: the charter does not list the build.
    """
    root = project.authority.entry("root").public_key
    version = _version_in_force(project)
    signed = charters.of_version(project.workspace.charters, root, project.exam.id, version)
    if build_id not in signed.charter.builds:
        raise BuildNotAccepted(build=build_id[:12], version=signed.version)
    return signed


def without_passphrase(project: Project) -> Charter:
    """Look up the charter in force, or the newest signed; only the ring's public index is read.

    Raises:
        CharterUnsigned: no charter is signed.
        KeyMissing, KeyRingBroken: there is no readable ring with the root key that verifies it.
    """
    root = b64url_decode(project.root_key)
    try:
        return charters.in_force(project.state, root, project.exam.id)
    except (CharterUnsigned, StateAbsent):
        return charters.of_version(project.workspace.charters, root, project.exam.id, None).charter


def _version_in_force(project: Project) -> int | None:
    return _newest_version(project.database, project.exam.id)


def _newest_version(database: Database, exam_id: str) -> int | None:
    with database.reading() as connection:
        in_force = published.newest(connection, exam_id)
    return in_force.version if in_force else None
