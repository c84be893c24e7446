"""The base of a project as it is now: its inputs, its code signing, its builder, and the one built last."""

from __future__ import annotations

from dataclasses import dataclass

from oneseat.pipeline import current_charter
from oneseat.pipeline.base.builder import Base, BaseBuilder, open_base
from oneseat.pipeline.base.inputs import BaseInputs, ExamNames, collect
from oneseat.pipeline.events import OnLine
from oneseat.pipeline.exam import charters
from oneseat.pipeline.project import Project
from oneseat.pipeline.tools.code_signing import CodeSigner, OsslsigncodeSigner, SigntoolSigner


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


def inputs(project: Project) -> BaseInputs:
    """What the client and the installer of this exam are made of now; its hash is the build id."""
    draft = charters.export(project.exam, 1, project.clock.now(), (), ())
    return collect(ExamNames.of(draft), project.authority.entry("root").public_key)


def builder(project: Project, signing: CodeSigning, on_step: OnLine, on_line: OnLine) -> BaseBuilder:
    """A base builder for the project as it is now.

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


def last_built(project: Project) -> Base:
    """The base that was built last.

    Raises:
        BaseMissing: there is none.
        BaseChanged: its manifest is damaged.
    """
    return open_base(project.workspace.base)
