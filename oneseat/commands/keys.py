"""``keys``: create, list, rotate and withdraw the exam's keys, in rings or outside of them.

Commands that change a ring leave entries in the audit log (:mod:`oneseat.pipeline.keys.recording`).
"""

from __future__ import annotations

import re
from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.keys_ceremony import keys_ceremony
from oneseat.commands.options import PATH, Command, Group, pass_context

_THUMBPRINT = re.compile("-[A-Za-z0-9_-]{42}")
"""A thumbprint that begins with a hyphen."""
ROTATABLE = click.Choice(["licence", "batch", "activation", "ticket", "receipt", "order"])


@click.group(cls=Group)
def keys() -> None:
    """Make, list and rotate the exam's keys."""


@keys.command("init")
@click.option("--rehearsal", is_flag=True, help="Mark keys and state as for rehearsals, for good.")
@click.option("--offline-root", is_flag=True, help="Make no root key here: `keys ceremony` makes it offline.")
@pass_context
def keys_init(context: Context, rehearsal: bool, offline_root: bool) -> None:
    """Make the rings and the code-signing identity; what is there is kept."""
    from oneseat.pipeline.keys import recording, rings

    project = context.project(new_passphrase=True)
    passphrase = project.passphrase
    with recording.recorded(project):
        result = rings.init(
            project.workspace, passphrase, context.clock, rehearsal=rehearsal, offline_root=offline_root
        )
    if result.development_certificate:
        context.console.warn(
            "DEVELOPMENT CERTIFICATE: Windows does not trust it. Put your own into "
            f"{project.workspace.code_signing} before you build for candidates."
        )
    context.console.result(
        result, f"Made: {', '.join(result.made) or 'nothing'}. Kept: {', '.join(result.kept) or 'nothing'}."
    )


@keys.command("list")
@pass_context
def keys_list(context: Context) -> None:
    """List signing keys by ring; needs no passphrase."""
    from oneseat.pipeline.keys import rings

    lines = list(rings.list_keys(context.project().workspace))
    rows = [
        (key.ring, key.name, key.kid, key.state, key.created, key.where.partition("?")[0] or "file")
        for key in lines
    ]
    context.console.table("Keys", ["ring", "key", "thumbprint (RFC 7638)", "state", "made", "kept in"], rows)
    context.console.result({"keys": lines})


@keys.command("rotate")
@click.argument("name", type=ROTATABLE)
@pass_context
def keys_rotate(context: Context, name: str) -> None:
    """Replace a signing key; the old one goes on verifying.

    The new key counts from the next charter on: sign and publish one. The root key cannot
    be rotated, since every client carries it.
    """
    from oneseat.pipeline.keys import recording, rings

    project = context.project()
    with recording.recorded(project):
        kid = rings.rotate(project.workspace, name, project.passphrase, context.clock)
    context.console.result(
        {"name": name, "kid": kid}, f"New {name} key: {kid}. Now sign and publish a charter."
    )


@keys.command("create")
@click.argument("name", type=ROTATABLE)
@click.option(
    "--pkcs11",
    metavar="URI",
    help="A token in which the key is made: pkcs11:token=LABEL?module-path=/usr/lib/...so (RFC 7512).",
)
@click.option("--at", metavar="ADDRESS", help="A key that is there already: in a token, or at a key service.")
@click.option("--pin-file", type=PATH, help="A file with the token's PIN; a prompt unless given.")
@click.option("--no-pin", is_flag=True, help="The key needs no PIN, as with most key services.")
@pass_context
def keys_create(
    context: Context, name: str, pkcs11: str | None, at: str | None, pin_file: Path | None, no_pin: bool
) -> None:
    """Sign with a key in a PKCS#11 token or at a key service from now on.

    A rotation: the key before it goes on verifying, and the new one counts from the next
    charter on. The PIN is sealed into the ring under the passphrase; it is never shown.
    """
    from oneseat.pipeline.keys import recording, rings

    if (pkcs11 is None) == (at is None):
        raise click.UsageError("Give either --pkcs11 or --at.")
    project = context.project()
    pin = None if no_pin else context.pin(pin_file)
    with recording.recorded(project):
        adopted = rings.adopt(project, name, pkcs11 or at or "", pin, generate=pkcs11 is not None)
    kid = adopted.kid
    context.console.result(
        {"name": name, "kid": kid, "where": adopted.where},
        f"New {name} key: {kid}, kept at {adopted.where}. Now sign and publish a charter.",
    )


class ThumbprintCommand(Command):
    """A command that takes a thumbprint: base64url, so one of 64 begins with a hyphen, as options do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put thumbprints behind ``--``, where nothing is an option."""
        thumbprints = [each for each in args if _THUMBPRINT.fullmatch(each)]
        others = [each for each in args if each not in thumbprints and each != "--"]
        return super().parse_args(ctx, [*others, "--", *thumbprints] if thumbprints else args)


@keys.command("withdraw", cls=ThumbprintCommand)
@click.argument("thumbprint")
@pass_context
def keys_withdraw(context: Context, thumbprint: str) -> None:
    """Take a retired key out of the charters to come, such as one that was stolen.

    What it signed, licences or activations, is refused by everyone who has the next
    charter: sign and publish one, and issue anew first where candidates hold such licences.
    """
    from oneseat.pipeline.keys import recording, rings

    project = context.project()
    with recording.recorded(project):
        key = rings.withdraw(project, thumbprint)
    context.console.result(
        {"name": key.name, "kid": key.kid, "state": key.state},
        f"The {key.name} key {key.kid} stands in no charter from the next on. Now sign and publish it.",
    )


@keys.command("request")
@click.argument("file", type=PATH)
@pass_context
def keys_request(context: Context, file: Path) -> None:
    """Write this computer's public keys into a file that is carried to the ceremony."""
    from oneseat.pipeline.keys import ceremony
    from signing.authority.keys import write_private

    request = ceremony.Request.of(context.project().workspace)
    write_private(file, request.to_json())
    listing = "\n".join(f"  {key.use:<11}{ceremony.group_by_four(key.kid)}" for key in request.keys)
    context.console.result(
        {"file": file, "keys": [{"use": key.use, "kid": key.kid} for key in request.keys]},
        f"{file}: carry it to the offline computer, and compare there:\n{listing}",
    )


keys.add_command(keys_ceremony)
