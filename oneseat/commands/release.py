"""``release``: charter, base, issue and publish in one run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oneseat.commands.base import warn_of_phone_key
from oneseat.commands.context import Context
from oneseat.commands.issue import roster_lines
from oneseat.commands.options import (
    PATH,
    Command,
    pass_context,
    phone_key_option,
    reading_options,
    thumbprint_option,
    timestamp_url_option,
    trust_clock_option,
    workers_options,
)
from oneseat.pipeline.workers.pool import WorkerOptions

if TYPE_CHECKING:
    from oneseat.pipeline.release import ReleasePreview
    from oneseat.pipeline.roster import Reading


@click.command(cls=Command)
@click.argument("file", type=PATH)
@click.option("--strict", is_flag=True, help="Stop when any row of the roster is faulty.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be done.")
@reading_options
@workers_options
@trust_clock_option
@timestamp_url_option
@thumbprint_option
@phone_key_option
@pass_context
def release(
    context: Context,
    /,
    file: Path,
    *,
    strict: bool,
    dry_run: bool,
    reading: Reading,
    trust_clock: bool,
    workers: WorkerOptions,
    **signing_options: Any,  # noqa: ANN401 -- of several types, given on as they are
) -> None:
    """Charter, base, issue and publish for a roster: all of it in order, only what is out of date."""
    from oneseat.pipeline import release
    from oneseat.pipeline.base.current_base import CodeSigning

    console, signing = context.console, CodeSigning(**signing_options)
    project = context.project(trust_clock=trust_clock)
    if dry_run:
        preview = release.preview(project, file, signing, reading=reading, workers=workers)
        console.result(preview, _describe(preview))
        return
    callbacks = release.Callbacks(console.step, console.detail, console.progress)
    result = release.release(
        project, file, signing, callbacks, reading=reading, strict=strict, workers=workers
    )
    for line in roster_lines(result.issued):
        console.warn(line)
    if result.base.manifest.development_certificate:
        console.warn("Signed with a DEVELOPMENT CERTIFICATE: for trials, not for candidates.")
    warn_of_phone_key(console, result.phone)
    console.result(
        result,
        f"Release {result.published.release}: charter {result.charter_version}, "
        f"{result.published.seats} seats, "
        f"base {result.base.path.name} ({'built' if result.base.built else 'up to date'}).",
    )


def _describe(preview: ReleasePreview) -> str:
    charter = "would be signed" if preview.signs_charter else "is up to date"
    base = "would be built" if preview.builds_base else "is up to date"
    text = f"Charter version {preview.charter_version} {charter}. The base {base}. "
    if (plan := preview.licences) is None:
        return text + f"{preview.rows - preview.faulty} rows are sound, {preview.faulty} faulty."
    return text + (
        f"{plan.rows} rows: {plan.add} to add, {plan.refresh} to refresh, {plan.reissue} to re-issue, "
        f"{plan.leave_alone} to leave alone, {plan.leave_out} faulty."
    )
