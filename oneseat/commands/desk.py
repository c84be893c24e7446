"""Who works at the operators' desk, and the log of what they did."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context, Jobs

PATH = click.Path(path_type=Path)
pass_context = click.pass_obj


@click.group(cls=Jobs)
def operator() -> None:
    """Say who may use the portal's operators' desk."""


@operator.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["viewer", "support", "admin"]),
    default="support",
    show_default=True,
    help="A viewer sees; support also helps candidates; an admin may do everything.",
)
@click.option(
    "--totp", is_flag=True, help="Ask for a code of an authenticator app too; shows its secret once."
)
@click.option("--password-file", type=PATH, help="A file with the password; a prompt unless given.")
@pass_context
def operator_add(context: Context, name: str, role: str, totp: bool, password_file: Path | None) -> None:
    """Make an account. The password comes from a prompt or a file, never from the command line."""
    from oneseat.pipeline.accounts.operators import Accounts
    from oneseat.state.accounts.operators import Role

    accounts = Accounts(context.project())
    made = accounts.add(name, Role(role), context.operator_password(password_file), totp=totp)
    context.console.result(made, f"{made.role} {made.name} may log in.{_scan(made.totp_address)}")


@operator.command("list")
@pass_context
def operator_list(context: Context) -> None:
    """List the accounts and when each logged in last."""
    from oneseat.pipeline.accounts.operators import Accounts

    found = Accounts(context.project()).listed()
    rows = [(one.name, one.role, one.state, "yes" if one.totp else "", one.last_login or "") for one in found]
    context.console.table("Operators", ["name", "role", "state", "code", "last login"], rows)
    context.console.result({"operators": found})


@operator.command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let them in again.")
@pass_context
def operator_disable(context: Context, name: str, undo: bool) -> None:
    """Shut an operator out at once; their logins end."""
    from oneseat.pipeline.accounts.operators import Accounts

    done = Accounts(context.project()).disable(name, undo=undo)
    context.console.result(done, f"{done.name} is {done.state}.")


@operator.command("passwd")
@click.argument("name")
@click.option("--totp/--no-totp", default=None, help="Make a new authenticator secret, or ask for no code.")
@click.option("--password-file", type=PATH, help="A file with the new password; a prompt unless given.")
@pass_context
def operator_passwd(context: Context, name: str, totp: bool | None, password_file: Path | None) -> None:
    """Give an operator a new password; their logins end."""
    from oneseat.pipeline.accounts.operators import Accounts

    accounts = Accounts(context.project())
    done = accounts.change(name, context.operator_password(password_file), totp=totp)
    context.console.result(done, f"{done.name} has a new password.{_scan(done.totp_address)}")


def _scan(totp_address: str | None) -> str:
    return f"\nFor the authenticator app, shown this once: {totp_address}" if totp_address else ""


@click.group(cls=Jobs)
def audit() -> None:
    """Verify the log of everything that operators and commands did."""


@audit.command("verify")
@click.option(
    "--against", type=PATH, metavar="OLDER_HEAD", help="A signed head that the desk exported earlier."
)
@pass_context
def audit_verify(context: Context, against: Path | None) -> None:
    """Walk the hash chain from its start; against an older head, entries that were cut off show too."""
    from oneseat.pipeline.verifying.audit import verify as job

    done = job(context.project(), against)
    said = (
        "" if done.against_entries is None else f", and begins with the {done.against_entries} of that head"
    )
    context.console.result(done, f"The audit log holds: {done.entries} entries{said}.")
