"""``base``: build the base installer and phone app that all candidates share, and verify them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import (
    Group,
    pass_context,
    phone_key_option,
    thumbprint_option,
    timestamp_url_option,
)

if TYPE_CHECKING:
    from oneseat.commands.console import Console
    from oneseat.pipeline.base.finished import Base


@click.group(cls=Group)
def base() -> None:
    """Build the base installer and phone app that all candidates share, and verify them."""


@base.command("build")
@click.option("--rebuild", is_flag=True, help="Build although a base of these inputs is there.")
@timestamp_url_option
@thumbprint_option
@phone_key_option
@pass_context
def base_build(
    context: Context,
    rebuild: bool,
    timestamp_url: str | None,
    thumbprint: str | None,
    phone_key: Path | None,
) -> None:
    """Freeze the client, make, sign and reserve the installer; cached by the hash of its inputs.

    Where the exam has a phone app, it is compiled, signed and reserved too.
    """
    from oneseat.pipeline import builds
    from oneseat.pipeline.base import current_base

    console, signing = context.console, current_base.CodeSigning(timestamp_url, thumbprint, phone_key)
    project = context.project()
    builder = current_base.builder(project, signing, console.step, console.detail)
    built = builder.build(rebuild=rebuild)
    phone = builds.build_phone(project, phone_key, console.step, console.detail, rebuild=rebuild)
    if built.manifest.development_certificate:
        console.warn("Signed with a DEVELOPMENT CERTIFICATE: for trials, not for candidates.")
    warn_of_phone_key(console, phone)
    console.result(
        {**_outcome(built), "phone": _outcome(phone) if phone else None},
        "\n".join(_line(each) for each in (built, phone) if each is not None),
    )


@base.command("verify")
@phone_key_option
@pass_context
def base_verify(context: Context, phone_key: Path | None) -> None:
    """Build again and compare every unsigned stage with the manifest.

    Of the phone app the file itself is compared too, where its signing key is at hand.
    """
    from oneseat.pipeline import builds
    from oneseat.pipeline.base import current_base

    project, console = context.project(), context.console
    built = current_base.last_built(project)
    signing = current_base.CodeSigning()
    current_base.builder(project, signing, console.step, console.detail).verify(built)
    phone = builds.verify_phone(project, phone_key, console.step, console.detail)
    stages = sorted(built.manifest.stages)
    console.result(
        {"verified": stages, "phone_verified": phone},
        f"Reproduced byte for byte: {', '.join([*stages, *phone])}.",
    )


def warn_of_phone_key(console: Console, phone: Base | None) -> None:
    """Warn where a phone app was signed with a development key."""
    if phone is not None and phone.manifest.development_certificate:
        console.warn(
            "The phone app is signed with a DEVELOPMENT KEY: for trials, not for candidates. "
            "Phones will not update it to one of another key."
        )


def _outcome(base: Base) -> dict[str, object]:
    return {"built": base.built, "file": base.path, "manifest": base.manifest}


def _line(base: Base) -> str:
    return f"{'Built' if base.built else 'Up to date'}: {base.path} ({base.manifest.size:,} bytes)"
