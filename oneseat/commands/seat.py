"""``seat``: list, show, revoke and re-issue seats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import Group, pass_context

if TYPE_CHECKING:
    from oneseat.pipeline.seats import SeatSummary

_NUMBER = click.argument("number", metavar="NUMBER_OR_JTI")
SHOWN = 200
"""How many seats a table shows. The JSON object has all of them."""


@click.group(cls=Group)
def seat() -> None:
    """List, show, revoke and re-issue seats; no portal needs to run."""


@seat.command("list")
@click.option(
    "--only",
    "wanted",
    type=click.Choice(["issued", "published", "downloaded", "activated", "revoked"]),
    help="Only seats in this state.",
)
@pass_context
def seat_list(context: Context, wanted: str | None) -> None:
    """List the seats by admission number. With `--json`, all of them; else the first 200."""
    from oneseat.pipeline.seats import Seats

    shown: list[SeatSummary] = []
    console, seats, count = context.console, Seats(context.project()), 0

    def keep(summary: SeatSummary) -> None:
        nonlocal count
        if wanted in (None, summary.state):
            count += 1
            if len(shown) < SHOWN:
                shown.append(summary)

    if console.as_json:
        with console.stream_list("seats") as (add, finish):
            seats.list_all(lambda summary: add(summary) if wanted in (None, summary.state) else None)
            finish({"exam": context.project().exam.id})
        return
    seats.list_all(keep)
    rows = [(s.admission_number, s.state, s.generation, "yes" if s.reissue_queued else "") for s in shown]
    console.table("Seats", ["admission number", "state", "generation", "re-issue queued"], rows)
    console.result(
        {}, f"{count} seats." if count <= SHOWN else f"{count} seats; the first {SHOWN} are shown."
    )


@seat.command("show")
@_NUMBER
@pass_context
def seat_show(context: Context, number: str) -> None:
    """Show one seat, by its admission number or a licence's jti: licences, downloads, computer, re-issues."""
    from oneseat.pipeline.seats import Seats

    details = Seats(context.project()).show(number)
    rows = [(name.replace("_", " "), _shown(value)) for name, value in vars(details).items()]
    context.console.table("Seat", ["what", "value"], rows)
    context.console.result(details)


@seat.command("revoke")
@_NUMBER
@pass_context
def seat_revoke(context: Context, number: str) -> None:
    """Revoke one seat's licence at once: no download, no activation, no entry."""
    from oneseat.pipeline.seats import Seats

    details = Seats(context.project()).revoke(number)
    context.console.result(details, f"The seat {details.admission_number} is revoked.")


@seat.command("reissue")
@_NUMBER
@pass_context
def seat_reissue(context: Context, number: str) -> None:
    """Queue a new licence for one seat; `issue` makes it, `publish` puts it in force and ends the old one."""
    from oneseat.pipeline.seats import Seats

    details = Seats(context.project()).reissue(number)
    context.console.result(
        details, f"The seat {details.admission_number} gets a new licence with the next issue and publish."
    )


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)
