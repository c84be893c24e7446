"""``room export`` and ``room verify``: hand out what was kept of interviews, and verify it anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oneseat.commands.context import Context
from oneseat.commands.options import PATH, Command, pass_context
from oneseat.commands.room_options import kept_room_options, kept_room_settings
from oneseat.commands.settings import setting_of

if TYPE_CHECKING:
    from oneseat.room.evidence.attempt_folder import Purpose
    from oneseat.room.evidence.export import Order
    from oneseat.room.evidence.verify import Verified
    from oneseat.room.exam.kept_room import KeptRoom


@click.command("export", cls=Command)
@click.argument("seat", required=False)
@click.option("--all", "everything", is_flag=True, help="Every attempt of the exam.")
@click.option("--session", metavar="KIND-N", help="Every attempt of one session, such as formal-0 or mock-1.")
@click.option(
    "--to", "folder", type=PATH, required=True, metavar="DIR", help="A folder that is not there yet."
)
@click.option("--without-screen", is_flag=True, help="Leave the screen recordings out.")
@click.option(
    "--for-person", is_flag=True, help="A copy for the person: without who looked, and without staff's notes."
)
@click.option("--case", default="", metavar="NO", help="The number of an external request, for one seat.")
@click.option(
    "--approved-by", multiple=True, metavar="NAME", help="Who approved it: give two different names."
)
@click.option(
    "--tsa",
    metavar="URL",
    envvar="ONESEAT_TSA",
    help="RFC 3161 server that timestamps the export; else timestamp-url in the settings of code signing.",
)
@click.option("--no-timestamp", is_flag=True, help="Ask no server for a timestamp.")
@kept_room_options
@pass_context
def room_export(  # noqa: PLR0913, PLR0917 -- click gives them by name
    context: Context,
    seat: str | None,
    everything: bool,
    session: str | None,
    folder: Path,
    without_screen: bool,
    for_person: bool,
    case: str,
    approved_by: tuple[str, ...],
    tsa: str | None,
    no_timestamp: bool,
    recordings: str | None,
    keys: Path | None,
    root_key: str | None,
) -> None:
    """Export attempts of a seat, a session or all: recordings, answers, events, and a signed manifest.

    Recordings are those of computers and of phones. SEAT is an admission number, a licence's jti or an
    attempt's id. The folder appears when it is whole; a
    run that was interrupted goes on when it is repeated. Each export is noted in the audit log.
    """
    from oneseat.room.evidence import export as exporting
    from oneseat.room.evidence.attempt_folder import SCREEN, Approval, Purpose
    from oneseat.room.exam.kept_room import open_kept_room
    from oneseat.state.room import kept

    if [seat is not None, everything, session is not None].count(True) != 1:
        raise click.UsageError("Name a seat, or give --session or --all.")
    if for_person and seat is None:
        raise click.UsageError("A copy for the person is of one seat.")
    console = context.console
    without = (SCREEN,) if without_screen else ()
    purpose = Purpose(
        Approval(case.strip(), tuple(name.strip() for name in approved_by)), without, for_person
    )
    with open_kept_room(kept_room_settings(context.project(), recordings, keys, root_key)) as room:
        order = _order(room, seat, session, purpose, None if no_timestamp else tsa or _tsa_of_code_signing())
        with room.database.reading() as connection:
            exporting.require_approval(
                order,
                room.charter_now(connection),
                context.clock.now(),
                latest_end=kept.latest_end(connection, room.exam),
            )
        with console.progress() as on_progress:
            result = exporting.export(room, order, folder, context.clock, on_progress)
    stamped = ", timestamped" if result.timestamped else ""
    console.result(
        result,
        f"{folder}: {result.attempts} attempts, {result.recorded_bytes:,} bytes of recordings, "
        f"root {result.root[:16]}{stamped}.",
    )


def _tsa_of_code_signing() -> str | None:
    """The server that timestamps the exam's code signatures, if the settings file names it."""
    found = (setting_of("timestamp_url", *command) for command in (("base", "build"), ("release",)))
    return next((str(url) for url in found if url), None)


def _order(room: KeptRoom, seat: str | None, session: str | None, purpose: Purpose, tsa: str | None) -> Order:
    from oneseat.room.evidence import seats
    from oneseat.room.evidence.export import Order
    from oneseat.state.room import kept

    with room.database.reading() as connection:
        if seat is None:
            attempts = kept.list_attempts(connection, room.exam)
            held = [each for each in attempts if session in (None, f"{each.kind}-{each.session}")]
            return Order(held, purpose, tsa, session=session)
        named = seats.find(connection, room.exam, seat)
    return Order(named.attempts, purpose, tsa, named.jtis[-1])


@click.command("verify", cls=Command)
@click.argument("path", type=PATH, metavar="PATH")
@click.option(
    "--root-key", metavar="BASE64URL", help="The exam's root public key; the workspace's unless given."
)
@click.option("--tsa-ca", type=PATH, help="The timestamp authority's root certificate (PEM).")
@pass_context
def room_verify(context: Context, path: Path, root_key: str | None, tsa_ca: Path | None) -> None:
    """Verify an export or an erasure's certificate anywhere: no database, no server, no passphrase.

    PATH is the folder of an export, or the .json file of a certificate, whose .jws file is beside it. Both
    verify after keys were rotated too. Exit 0 if every file, manifest, signature, answer, receipt and total
    is as the room signed it.
    """
    from oneseat.room.exam.kept_room import root_key as decoded

    root = decoded(root_key or context.project().root_key)
    if path.is_dir() or path.suffix not in (".json", ".jws"):
        _verify_export(context, path, root, tsa_ca)
    else:
        _verify_certificate(context, path, root)


def _verify_certificate(context: Context, path: Path, root: bytes) -> None:
    from oneseat.room.evidence import certificate

    result = certificate.verify(path, root)
    context.console.result(
        result,
        f"{path}: sound. By {result.made_at} the room of {result.exam} erased {result.objects:,} recordings "
        f"({result.size_bytes:,} bytes) and {result.rows:,} rows; {result.held} attempts were held.",
    )


def _verify_export(context: Context, folder: Path, root: bytes, tsa_ca: Path | None) -> None:
    from oneseat.pipeline.workers.faults import MAX_KEPT, Fault
    from oneseat.room.evidence import verify
    from oneseat.room.refusals.evidence import EvidenceFaulty

    console = context.console
    trust = verify.Trust(root, tsa_ca)
    with console.progress() as on_progress:
        result = verify.verify(folder, trust, on_progress)
    found = result.findings
    console.faults([Fault(each.where, each.error.code, each.error.cause_text) for each in found[:MAX_KEPT]])
    refusal = EvidenceFaulty(faulty=len(found), checked=result.files) if found else None
    console.result(_as_object(result), None if refusal else _prose(folder, result), refusal)


def _as_object(result: Verified) -> dict[str, object]:
    from oneseat.commands.console import error_object

    findings = [{"where": each.where, **error_object(each.error)} for each in result.findings]
    return {**vars(result), "findings": findings}


def _prose(folder: Path, result: Verified) -> str:
    noted = (
        f" {result.faults_at_export} segments were faulty at the export." if result.faults_at_export else ""
    )
    if result.timestamp is None:
        stamp = " It has no timestamp."
    else:
        at = result.timestamp.isoformat(timespec="seconds")
        unchecked = "" if result.timestamp_trusted else ", whose authority was not checked (--tsa-ca)"
        stamp = f" Timestamp {at}{unchecked}."
    unvouched = (
        f" {result.unvouched} records of people were compared without a digest of their words."
        if result.unvouched
        else ""
    )
    return f"{folder}: sound, {result.attempts} attempts, {result.files} files.{noted}{unvouched}{stamp}"
