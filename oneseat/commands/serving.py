"""The portal, and the programs that may call it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context, Jobs, Moment

if TYPE_CHECKING:
    from oneseat.pipeline.project import Project
    from oneseat.portal.settings import PortalSettings

pass_context = click.pass_obj


@click.group(cls=Jobs)
def portal() -> None:
    """Run the download portal."""


@portal.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one."
)
@click.option(
    "--public-url",
    metavar="URL",
    help="Where candidates reach it. Unless given, the exam's portal, or this address in a rehearsal.",
)
@click.option("--rehearse-at", type=Moment(), help="Start the portal's clock there: 2035-01-04T12:00+08:00.")
@click.option(
    "--trusted-proxy",
    "trusted_proxies",
    multiple=True,
    metavar="NETWORK",
    help="Whose X-Forwarded-For counts.",
)
@click.option(
    "--root-key", metavar="BASE64URL", help="The exam's root public key, where its ring is not at hand."
)
@click.option(
    "--settings",
    "file",
    type=click.Path(path_type=Path),
    help="A file that names several exams, instead of the one at hand.",
)
@click.option(
    "--limits-url",
    envvar="ONESEAT_LIMITS_URL",
    metavar="URL",
    help="A Redis that processes serving together share: failed attempts count for all of them.",
)
@click.option(
    "--presigned",
    is_flag=True,
    help="Answer downloads with the store's own addresses, where installers were published whole to S3.",
)
@pass_context
def portal_serve(
    context: Context,
    /,
    host: str,
    port: int,
    root_key: str | None,
    file: Path | None,
    *,
    presigned: bool,
    **given: object,
) -> None:
    """Serve the exam's pages, downloads and API until a signal stops it.

    A rehearsal banners every page and log line, and is refused unless keys and state were
    made with `keys init --rehearsal`.
    """
    from oneseat.portal.serve import serve
    from oneseat.portal.settings_file import load_settings

    settings = (
        load_settings(file, **given) if file else _for_one(context.project(), root_key, presigned, given)
    )
    serve(settings, host, port, lambda url: context.console.result({"url": url}, f"Serving at {url}"))


def _for_one(
    project: Project, root_key: str | None, presigned: bool, given: dict[str, object]
) -> PortalSettings:
    """The settings of a portal that serves the exam at hand."""
    from oneseat.portal.settings import checked_settings

    exam = {
        "exam": project.exam.id,
        "keys": project.workspace.portal_keys,
        "passphrase": project.passphrase,
        "root_public_key": root_key or project.root_key,
        "state": project.state_url,
        "store": project.store_url,
        "presigned": presigned,
    }
    reached_at = given["public_url"] or (None if given["rehearse_at"] else project.exam.portal_url)
    return checked_settings(**{**given, "exams": (exam,), "public_url": reached_at})


@portal.command("deploy")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write into.",
)
@click.option("--host-name", "host_names", multiple=True, required=True, help="A name that candidates use.")
@click.option("--certificate", required=True, metavar="PATH", help="The TLS certificate chain on the host.")
@click.option("--certificate-key", required=True, metavar="PATH", help="Its private key.")
@click.option("--program", metavar="PATH", help="The oneseat command on the host; this one unless given.")
@click.option(
    "--settings", default="/etc/oneseat/portal.toml", show_default=True, help="The portal's settings file."
)
@click.option(
    "--port",
    "ports",
    type=click.IntRange(1, 65535),
    multiple=True,
    default=(8765, 8766),
    show_default=True,
    help="A process's own port on loopback; one process for each.",
)
@click.option("--writable", multiple=True, metavar="FOLDER", help="A folder with state in SQLite.")
@click.option("--user", default="oneseat", show_default=True, help="The account that the portal runs as.")
@pass_context
def portal_deploy(context: Context, /, into: Path, program: str | None, **given: object) -> None:
    """Write what puts the portal behind nginx and under systemd: docs/how-to/run-behind-nginx.md."""
    import sys

    from oneseat.portal.deploy import checked_deployment, write

    beside = Path(sys.executable).with_name("oneseat")
    written = write(checked_deployment(program=program or str(beside), **given), into)
    context.console.result({"files": written}, "\n".join(map(str, written)))


@click.group("service-token", cls=Jobs)
def service_token() -> None:
    """Let programs call the portal: an exam room that reports, a portal in front."""


@service_token.command("make")
@click.argument("label")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(["room:report", "authenticate", "seat:read", "download"]),
    multiple=True,
    required=True,
    help="What the program may do; may be given again.",
)
@click.option("--until", type=Moment(), help="When it ends; the exam's own end unless given.")
@pass_context
def service_token_make(context: Context, label: str, scopes: tuple[str, ...], until: datetime | None) -> None:
    """Make a token and print it, this once: only its hash is kept. LABEL says whose it is."""
    from oneseat.pipeline.accounts.service_tokens import Tokens
    from oneseat.state.accounts.service_tokens import Scope

    made = Tokens(context.project()).make(label, map(Scope, scopes), until)
    context.console.warn(f"Token {made.id}, good until {made.expires_at}. It is shown this once:")
    context.console.result(made, made.token)


@service_token.command("list")
@pass_context
def service_token_list(context: Context) -> None:
    """List the exam's tokens, never their secrets."""
    from oneseat.pipeline.accounts.service_tokens import Tokens

    found = Tokens(context.project()).listed()
    rows = [
        (one.id, one.label, " ".join(one.scopes), one.made_at, one.expires_at, one.state) for one in found
    ]
    context.console.table("Service tokens", ["id", "label", "scopes", "made", "until", "state"], rows)
    context.console.result({"tokens": found})


@service_token.command("revoke")
@click.argument("token_id", metavar="ID")
@pass_context
def service_token_revoke(context: Context, token_id: str) -> None:
    """End a token at once. ID is the one that the list shows."""
    from oneseat.pipeline.accounts.service_tokens import Tokens

    ended, changed = Tokens(context.project()).revoke(token_id)
    said = "is revoked" if changed else "was revoked already"
    context.console.result(ended, f"Token {ended.id} ({ended.label}) {said}.")
