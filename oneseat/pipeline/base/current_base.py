"""Collects a project's base inputs, creates its builder, and opens the base that was built last."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oneseat.pipeline import current_charter
from oneseat.pipeline.base.builder import BaseBuilder
from oneseat.pipeline.base.collecting import collect
from oneseat.pipeline.base.finished import Base, open_base
from oneseat.pipeline.base.inputs import BaseInputs
from oneseat.pipeline.base.names import ExamNames
from oneseat.pipeline.events import OnLine
from oneseat.pipeline.exam import charters
from oneseat.pipeline.project import Project
from oneseat.pipeline.tools.code_signing import CodeSigner, OsslsigncodeSigner, SigntoolSigner


@dataclass(frozen=True)
class CodeSigning:
    """Options of code signing: ``thumbprint`` selects a certificate in the Windows certificate store.

    Without it, the identity in the workspace signs. ``timestamp_url`` is an RFC 3161 server. ``phone_key`` is
    the PKCS#12 file that signs the phone app; None for the workspace's.
    """

    timestamp_url: str | None = None
    thumbprint: str | None = None
    phone_key: Path | None = None

    def signer(self, project: Project) -> CodeSigner:
        """Create the signer for these options."""
        if self.thumbprint is not None:
            return SigntoolSigner(self.thumbprint, self.timestamp_url)
        return OsslsigncodeSigner(project.identity, timestamp_url=self.timestamp_url)


def inputs(project: Project) -> BaseInputs:
    """Collect the present inputs of this exam's base; their hash is the build id."""
    draft = charters.export(project.exam, 1, project.clock.now(), (), ())
    return collect(ExamNames.of(draft), project.authority.entry("root").public_key)


def builder(project: Project, signing: CodeSigning, on_step: OnLine, on_line: OnLine) -> BaseBuilder:
    """Create a base builder for the project's present state.

    Raises:
        As :func:`inputs`, :func:`oneseat.pipeline.current_charter.for_base` and
        :attr:`oneseat.pipeline.project.Project.identity`.
    """
    present = inputs(project)
    return BaseBuilder(
        project.workspace.base,
        present,
        current_charter.for_base(project, present.build_id).token,
        signing.signer(project),
        rehearsal=project.authority.rehearsal,
        on_step=on_step,
        on_line=on_line,
    )


def is_up_to_date(project: Project, signing: CodeSigning, last: Base) -> bool:
    """Whether a base has the present inputs, certificate and mark; its charter may be an older one."""
    present, signer = inputs(project), signing.signer(project)
    rehearsal = project.authority.rehearsal
    return (
        BaseBuilder(project.workspace.base, present, last.charter, signer, rehearsal).key == last.folder.name
    )


def last_built(project: Project) -> Base:
    """Open the base that was built last.

    Raises:
        BaseMissing: no base was built.
        BaseChanged: its manifest is damaged.
    """
    return open_base(project.workspace.base)
