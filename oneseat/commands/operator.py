"""``operator``: accounts for the portal's operators' desk."""

from __future__ import annotations

from pathlib import Path

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Group, pass_context

ROLES = ("viewer", "support", "admin", "invigilator", "lead", "chief", "judge")


@click.group(cls=Group)
def operator() -> None:
    """Say who may use the portal's operators' desk."""


@operator.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="support",
    show_default=True,
    help="At the desk a viewer sees, support also helps candidates, an admin may do everything. The others "
    "work in the exam room alone.",
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
    account = accounts.add(name, Role(role), context.operator_password(password_file), totp=totp)
    context.console.result(
        account, f"{account.role} {account.name} may log in.{_totp_line(account.totp_address)}"
    )


@operator.command("list")
@pass_context
def operator_list(context: Context) -> None:
    """List the accounts and when each logged in last."""
    from oneseat.pipeline.accounts.operators import Accounts

    accounts = Accounts(context.project()).list_all()
    rows = [(a.name, a.role, a.state, "yes" if a.totp else "", a.last_login or "") for a in accounts]
    context.console.table("Operators", ["name", "role", "state", "code", "last login"], rows)
    context.console.result({"operators": accounts})


@operator.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@pass_context
def operator_role(context: Context, name: str, role: str) -> None:
    """Give an account another role; its logins end."""
    from oneseat.pipeline.accounts.operators import Accounts
    from oneseat.state.accounts.operators import Role

    result = Accounts(context.project()).set_role(name, Role(role))
    context.console.result(result, f"{result.name} has the role {result.role}.")


@operator.command("disable")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let them in again.")
@pass_context
def operator_disable(context: Context, name: str, undo: bool) -> None:
    """Shut an operator out at once; their logins end."""
    from oneseat.pipeline.accounts.operators import Accounts

    result = Accounts(context.project()).disable(name, undo=undo)
    context.console.result(result, f"{result.name} is {result.state}.")


@operator.command("passwd")
@click.argument("name")
@click.option("--totp/--no-totp", default=None, help="Make a new authenticator secret, or ask for no code.")
@click.option("--password-file", type=PATH, help="A file with the new password; a prompt unless given.")
@pass_context
def operator_passwd(context: Context, name: str, totp: bool | None, password_file: Path | None) -> None:
    """Give an operator a new password; their logins end."""
    from oneseat.pipeline.accounts.operators import Accounts

    accounts = Accounts(context.project())
    result = accounts.change(name, context.operator_password(password_file), totp=totp)
    context.console.result(result, f"{result.name} has a new password.{_totp_line(result.totp_address)}")


def _totp_line(totp_address: str | None) -> str:
    return f"\nFor the authenticator app, shown this once: {totp_address}" if totp_address else ""
