"""``portal``: serve the download portal, and write the files that deploy it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.deployment_options import host_options, this_program
from oneseat.commands.options import PATH, Group, Moment, pass_context

if TYPE_CHECKING:
    from oneseat.pipeline.project import Project
    from oneseat.portal.settings import PortalSettings


@click.group(cls=Group)
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
    type=PATH,
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
@click.option(
    "--fast-path/--no-fast-path",
    default=None,
    envvar="ONESEAT_FAST_PATH",
    help="Batch logins and dispatch hot routes before the framework; on unless given.",
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
    from oneseat.portal import serve, settings_file

    settings = (
        settings_file.load_settings(file, **given)
        if file
        else _settings_for_one(context.project(), root_key, presigned, given)
    )
    serve.serve(settings, host, port, lambda url: context.console.result({"url": url}, f"Serving at {url}"))


def _settings_for_one(
    project: Project, root_key: str | None, presigned: bool, given: dict[str, object]
) -> PortalSettings:
    """Create the settings of a portal that serves one exam, the project's."""
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
    chosen = {name: value for name, value in given.items() if value is not None}
    return checked_settings(**{**chosen, "exams": (exam,), "public_url": reached_at})


@portal.command("deploy")
@host_options((8765, 8766), writable="state in SQLite", server="portal")
@click.option(
    "--settings", default="/etc/oneseat/portal.toml", show_default=True, help="The portal's settings file."
)
@pass_context
def portal_deploy(context: Context, /, into: Path, program: str | None, **given: object) -> None:
    """Write what puts the portal behind nginx and under systemd: docs/how-to/run-behind-nginx.md."""
    from oneseat.portal import deploy

    written = deploy.write(deploy.checked_deployment(program=program or this_program(), **given), into)
    context.console.result({"files": written}, "\n".join(map(str, written)))
