"""``room admit-without-tickets``: who is activated gets in while the portal is down."""

from __future__ import annotations

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Command, pass_context

_COLUMNS = ["jti", "kind", "session", "at", "reconciled", "objection"]


@click.command("admit-without-tickets", cls=Command)
@click.argument("turned", metavar="[on|off]", type=click.Choice(["on", "off"]), required=False)
@click.option("--by", "names", multiple=True, metavar="NAME", help="Who decides; give it twice.")
@pass_context
def room_admission(context: Context, turned: str | None, names: tuple[str, ...]) -> None:
    """Let activated computers into the room without the portal's ticket, or no longer.

    Only while the portal is down, and by two persons. Each admission is listed, and reconciled with the
    portal when it is back. Without an argument the list is shown.
    """
    from oneseat.room.services.arrival.admission_switch import switch
    from oneseat.state.room import admissions

    project, console = context.project(), context.console
    if turned is not None:
        first, second = (*names, "", "")[:2]
        switch(project.state, project.exam.id, (first, second), context.clock.now(), is_on=turned == "on")
        console.result({"on": turned == "on"}, f"Admission without tickets is {turned}.")
        return
    with project.state.reading() as connection:
        is_on = admissions.is_on(connection, project.exam.id)
        listed = admissions.list_all(connection, project.exam.id)
    rows = [(a.jti, a.kind, a.session, a.at, a.reconciled_at or "", a.refusal or "") for a in listed]
    console.table("Admitted without tickets", _COLUMNS, rows)
    shown = f"It is {'on' if is_on else 'off'}; {len(listed)} came in so."
    console.result({"on": is_on, "admitted": len(listed)}, shown)
