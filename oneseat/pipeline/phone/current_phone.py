"""Collects a project's inputs of the phone app, creates its builder, and opens the last app."""

from __future__ import annotations

from pathlib import Path

from oneseat.pipeline.base.finished import Base, open_base
from oneseat.pipeline.events import OnLine
from oneseat.pipeline.exam import charters
from oneseat.pipeline.phone import signing_key
from oneseat.pipeline.phone.builder import PhoneBuilder
from oneseat.pipeline.phone.facts import PhoneFacts
from oneseat.pipeline.phone.inputs import PhoneInputs, collect
from oneseat.pipeline.phone.reproducing import PhoneVerifier
from oneseat.pipeline.phone.toolchain import PhoneToolchain
from oneseat.pipeline.project import Project


def inputs(project: Project, toolchain: PhoneToolchain | None = None) -> PhoneInputs:
    """Collect the present inputs of this exam's phone app; their hash is the build id.

    Raises:
        PhoneHasNoRoom: the exam has no exam room of this project.
        ToolMissing: a program of the toolchain is missing.
    """
    draft = charters.export(project.exam, 1, project.clock.now(), (), ())
    return collect(PhoneFacts.of(draft), toolchain or PhoneToolchain())


def builder(project: Project, key: Path | None, on_step: OnLine, on_line: OnLine) -> PhoneBuilder:
    """Create a builder for the present state; ``key`` is a PKCS#12 file, or None for the workspace's.

    A workspace without one gets a key for development.

    Raises:
        PhoneIdentityUnusable: the key cannot sign the app.
        Otherwise as :func:`inputs`.
    """
    toolchain = PhoneToolchain(on_line)
    present = inputs(project, toolchain)
    own = project.workspace.phone_signing
    if key is None and not own.exists():
        signing_key.create_development_identity(own, project.passphrase, project.clock.now())
    return PhoneBuilder(
        project.workspace.phone,
        present,
        signing_key.open_identity(key or own, project.passphrase),
        rehearsal=project.authority.rehearsal,
        toolchain=toolchain,
        on_step=on_step,
    )


def verifier(project: Project, key: Path | None, on_step: OnLine, on_line: OnLine) -> PhoneVerifier:
    """Create a verifier for the present state; where there is no key, it compares what is unsigned.

    Raises:
        As :func:`builder`; but no key is created.
    """
    toolchain = PhoneToolchain(on_line)
    own = project.workspace.phone_signing
    path = key or (own if own.exists() else None)
    identity = signing_key.open_identity(path, project.passphrase) if path else None
    return PhoneVerifier(project.workspace.phone, inputs(project, toolchain), identity, toolchain, on_step)


def last_built(project: Project) -> Base:
    """Open the phone app that was built last.

    Raises:
        BaseMissing: none was built.
        BaseChanged: its manifest is damaged.
    """
    return open_base(project.workspace.phone)
