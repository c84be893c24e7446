"""``base``: build the base installer that all candidates share, and verify it."""

from __future__ import annotations

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Group, pass_context, thumbprint_option, timestamp_url_option


@click.group(cls=Group)
def base() -> None:
    """Build the base installer that all candidates share, and verify it."""


@base.command("build")
@click.option("--rebuild", is_flag=True, help="Build although a base of these inputs is there.")
@timestamp_url_option
@thumbprint_option
@pass_context
def base_build(context: Context, rebuild: bool, timestamp_url: str | None, thumbprint: str | None) -> None:
    """Freeze the client, make, sign and reserve the installer; cached by the hash of its inputs."""
    from oneseat.pipeline.base import current_base

    console, signing = context.console, current_base.CodeSigning(timestamp_url, thumbprint)
    builder = current_base.builder(context.project(), signing, console.step, console.detail)
    built = builder.build(rebuild=rebuild)
    if built.manifest.development_certificate:
        console.warn("Signed with a DEVELOPMENT CERTIFICATE: for trials, not for candidates.")
    console.result(
        {"built": built.built, "file": built.path, "manifest": built.manifest},
        f"{'Built' if built.built else 'Up to date'}: {built.path} ({built.manifest.size:,} bytes)",
    )


@base.command("verify")
@pass_context
def base_verify(context: Context) -> None:
    """Build again and compare every unsigned stage with the manifest."""
    from oneseat.pipeline.base import current_base

    project, console = context.project(), context.console
    built = current_base.last_built(project)
    signing = current_base.CodeSigning()
    current_base.builder(project, signing, console.step, console.detail).verify(built)
    stages = sorted(built.manifest.stages)
    console.result({"verified": stages}, f"Reproduced byte for byte: {', '.join(stages)}.")
