"""The charter that every part obeys, and the base that all candidates share."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context, Jobs

pass_context = click.pass_obj


@click.group(cls=Jobs)
def charter() -> None:
    """Sign, read and publish the exam's charter."""


@charter.command("sign")
@click.option(
    "--version", type=click.IntRange(1), help="A version above all that are signed; the next unless given."
)
@pass_context
def charter_sign(context: Context, version: int | None) -> None:
    """Sign the exam file as the exam's charter.

    It lists the exam's public keys and accepts the client build of the present sources.
    Sign charters for later, such as an extended window, while the root key is at hand.
    """
    from oneseat.pipeline import making

    signed = making.sign_charter(context.project(), version)
    said = "Signed" if signed.made else "Nothing new: it is"
    context.console.result(
        {"version": signed.version, "file": signed.path, "made": signed.made},
        f"{said} charter version {signed.version} ({signed.path}).",
    )


@charter.command("show")
@click.option("--version", type=click.IntRange(1), help="The newest unless given.")
@pass_context
def charter_show(context: Context, version: int | None) -> None:
    """Verify a signed charter and show what it says."""
    import json

    from oneseat.pipeline.exam.charters import of_version

    project = context.project()
    root = project.authority.entry("root").public_key
    claims = of_version(project.workspace.charters, root, project.exam.id, version).charter.claims()
    context.console.result(claims, json.dumps(claims, indent=2, ensure_ascii=False))


@charter.command("publish")
@click.option("--version", type=click.IntRange(1), help="The newest unless given.")
@pass_context
def charter_publish(context: Context, version: int | None) -> None:
    """Put a signed charter in force at the portal."""
    from oneseat.pipeline.exam import charters as job

    project = context.project()
    root = project.authority.entry("root").public_key
    signed = job.of_version(project.workspace.charters, root, project.exam.id, version)
    changed = job.publish(project.database, signed, context.clock)
    said = "is now in force" if changed else "was in force already"
    context.console.result(
        {"version": signed.version, "changed": changed}, f"Charter version {signed.version} {said}."
    )


@charter.command("import")
@click.argument("folder", type=click.Path(path_type=Path))
@pass_context
def charter_import(context: Context, folder: Path) -> None:
    """Take in what a ceremony carried out: the root key's public half, once, and verified charters."""
    from oneseat.pipeline.keys.ceremony import take_in

    project = context.project()
    versions = take_in(folder, project.workspace, project.passphrase, context.clock)
    context.console.result(
        {"versions": versions},
        f"Charter versions {', '.join(map(str, versions))} verify and are here. Publish one.",
    )


@click.group(cls=Jobs)
def base() -> None:
    """Build the base installer that all candidates share, and verify it."""


@base.command("build")
@click.option("--rebuild", is_flag=True, help="Build although a base of these inputs is there.")
@click.option("--timestamp-url", metavar="URL", help="RFC 3161 server that timestamps the signatures.")
@click.option(
    "--thumbprint", help="On Windows: SHA-1 of a certificate in its store, instead of the workspace's."
)
@pass_context
def base_build(context: Context, rebuild: bool, timestamp_url: str | None, thumbprint: str | None) -> None:
    """Freeze the client, make, sign and reserve the installer; cached by the hash of its inputs."""
    from oneseat.pipeline.making import CodeSigning, builder

    console, signing = context.console, CodeSigning(timestamp_url, thumbprint)
    made = builder(context.project(), signing, console.step, console.detail).build(rebuild=rebuild)
    if made.manifest.development_certificate:
        console.warn("Signed with a DEVELOPMENT CERTIFICATE: for trials, not for candidates.")
    console.result(
        {"built": made.built, "file": made.path, "manifest": made.manifest},
        f"{'Built' if made.built else 'Up to date'}: {made.path} ({made.manifest.size:,} bytes)",
    )


@base.command("verify")
@pass_context
def base_verify(context: Context) -> None:
    """Build again and compare every unsigned stage with the manifest."""
    from oneseat.pipeline.making import CodeSigning, builder, current_base

    project, console = context.project(), context.console
    made = current_base(project)
    builder(project, CodeSigning(), console.step, console.detail).verify(made)
    stages = sorted(made.manifest.stages)
    console.result({"verified": stages}, f"Reproduced byte for byte: {', '.join(stages)}.")
