"""Both artefacts of an exam: the build ids that its charter accepts, and the phone app beside the base."""

from __future__ import annotations

from pathlib import Path

from oneseat.pipeline.base import current_base
from oneseat.pipeline.base.finished import Base
from oneseat.pipeline.events import OnLine
from oneseat.pipeline.phone import current_phone
from oneseat.pipeline.project import Project


def present_ids(project: Project) -> list[str]:
    """Return the build ids of the present sources.

    Raises:
        As :func:`oneseat.pipeline.base.current_base.inputs` and
        :func:`oneseat.pipeline.phone.current_phone.inputs`.
    """
    phone = [current_phone.inputs(project).build_id] if project.exam.companion.has_app else []
    return [current_base.inputs(project).build_id, *phone]


def build_phone(
    project: Project, key: Path | None, on_step: OnLine, on_line: OnLine, *, rebuild: bool = False
) -> Base | None:
    """Build the phone app, or take it from the cache; None where the exam has none.

    Raises:
        As :func:`oneseat.pipeline.phone.current_phone.builder` and
        :meth:`oneseat.pipeline.phone.builder.PhoneBuilder.build`.
    """
    if not project.exam.companion.has_app:
        return None
    return current_phone.builder(project, key, on_step, on_line).build(rebuild=rebuild)


def verify_phone(project: Project, key: Path | None, on_step: OnLine, on_line: OnLine) -> list[str]:
    """Verify the last phone app; return the names of what was compared, none where the exam has no app.

    Raises:
        BaseMissing: none was built.
        As :func:`oneseat.pipeline.phone.current_phone.verifier` and
        :meth:`oneseat.pipeline.phone.reproducing.PhoneVerifier.verify`.
    """
    if not project.exam.companion.has_app:
        return []
    last = current_phone.last_built(project)
    return current_phone.verifier(project, key, on_step, on_line).verify(last)
