"""``charter``: sign, show, publish and import the exam's charter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Group, pass_context, trust_clock_option

if TYPE_CHECKING:
    from oneseat.pipeline.exam.charters import SignedCharter
    from oneseat.pipeline.project import Project


@click.group(cls=Group)
def charter() -> None:
    """Sign, read and publish the exam's charter."""


@charter.command("sign")
@click.option(
    "--version", type=click.IntRange(1), help="A version above all that are signed; the next unless given."
)
@trust_clock_option
@pass_context
def charter_sign(context: Context, version: int | None, trust_clock: bool) -> None:
    """Sign the exam file as the exam's charter.

    It lists the exam's public keys and accepts the builds of the present sources: client and phone app.
    Sign charters for later, such as an extended window, while the root key is at hand.
    """
    from oneseat.pipeline import builds, current_charter
    from oneseat.pipeline.keys import recording

    project = context.project(trust_clock=trust_clock)
    recording.record(project, project.database)
    signed = current_charter.sign(project, builds.present_ids(project), version)
    outcome = "Signed" if signed.is_new else "Nothing new: it is"
    context.console.result(
        {"version": signed.version, "file": signed.path, "made": signed.is_new},
        f"{outcome} charter version {signed.version} ({signed.path}).",
    )


@charter.command("show")
@click.option("--version", type=click.IntRange(1), help="The newest unless given.")
@pass_context
def charter_show(context: Context, version: int | None) -> None:
    """Verify a signed charter and show what it says."""
    import json

    claims = _signed(context.project(), version).charter.claims()
    context.console.result(claims, json.dumps(claims, indent=2, ensure_ascii=False))


@charter.command("publish")
@click.option("--version", type=click.IntRange(1), help="The newest unless given.")
@pass_context
def charter_publish(context: Context, version: int | None) -> None:
    """Put a signed charter in force at the portal."""
    from oneseat.pipeline.exam import charters
    from oneseat.pipeline.keys import recording

    project = context.project()
    signed = _signed(project, version)
    recording.record(project, project.database)
    changed = charters.publish(project.database, signed, context.clock)
    outcome = "is now in force" if changed else "was in force already"
    context.console.result(
        {"version": signed.version, "changed": changed}, f"Charter version {signed.version} {outcome}."
    )


@charter.command("import")
@click.argument("folder", type=PATH)
@pass_context
def charter_import(context: Context, folder: Path) -> None:
    """Take in what a ceremony carried out: the root key's public half, once, and verified charters."""
    from oneseat.pipeline.keys import ceremony, recording

    project = context.project()
    with recording.recorded(project):
        versions = ceremony.import_results(folder, project.workspace, project.passphrase, context.clock)
    context.console.result(
        {"versions": versions},
        f"Charter versions {', '.join(map(str, versions))} verify and are here. Publish one.",
    )


def _signed(project: Project, version: int | None) -> SignedCharter:
    """Return the signed charter of a version, or the newest."""
    from oneseat.pipeline.exam import charters

    root = project.authority.entry("root").public_key
    return charters.of_version(project.workspace.charters, root, project.exam.id, version)
