"""``service-token``: tokens with which programs call the portal."""

from __future__ import annotations

from datetime import datetime

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Group, Moment, pass_context

SCOPES = (
    "room:report",
    "room:admit",
    "room:orders",
    "room:incidents",
    "room:seats",
    "identity:check",
    "authenticate",
    "seat:read",
    "download",
    "help",
)
"""The values of :class:`oneseat.state.accounts.service_tokens.Scope`, which is imported when it is needed."""


@click.group("service-token", cls=Group)
def service_token() -> None:
    """Let programs call the portal: an exam room that reports, a portal in front."""


@service_token.command("make")
@click.argument("label")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
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

    token = Tokens(context.project()).make(label, map(Scope, scopes), until)
    context.console.warn(f"Token {token.id}, good until {token.expires_at}. It is shown this once:")
    context.console.result(token, token.token)


@service_token.command("list")
@pass_context
def service_token_list(context: Context) -> None:
    """List the exam's tokens, never their secrets."""
    from oneseat.pipeline.accounts.service_tokens import Tokens

    tokens = Tokens(context.project()).list_all()
    rows = [(t.id, t.label, " ".join(t.scopes), t.made_at, t.expires_at, t.state) for t in tokens]
    context.console.table("Service tokens", ["id", "label", "scopes", "made", "until", "state"], rows)
    context.console.result({"tokens": tokens})


@service_token.command("revoke")
@click.argument("token_id", metavar="ID")
@pass_context
def service_token_revoke(context: Context, token_id: str) -> None:
    """End a token at once. ID is the one that the list shows."""
    from oneseat.pipeline.accounts.service_tokens import Tokens

    ended, changed = Tokens(context.project()).revoke(token_id)
    outcome = "is revoked" if changed else "was revoked already"
    context.console.result(ended, f"Token {ended.id} ({ended.label}) {outcome}.")
