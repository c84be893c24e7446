"""Changes made at the operators' desk: retired devices, re-issues, allowances, maintenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from oneseat.state.dialect import in_values, insert_or_update
from oneseat.state.tables.activation import Activation, Allowance, RetiredDevice
from oneseat.state.tables.attendance import CheckIn
from oneseat.state.tables.issuing import Reissue
from oneseat.state.tables.publishing import MaintenanceMark


@dataclass(frozen=True)
class Maintenance:
    """When maintenance of an exam's pages and API began, and its expected end, if known."""

    since: datetime
    back_at: datetime | None


def retire_device(connection: Connection, exam: str, jti: str, at: datetime) -> bytes | None:
    """Retire the seat's active device permanently; return its key, or None if there was none.

    The next device that activates gets the seat. Call it in a write transaction.
    """
    held = connection.execute(
        select(Activation.device_key, Activation.at).where(Activation.jti == jti).with_for_update()
    ).first()
    if held is None:
        return None
    device_key, activated_at = held
    connection.execute(delete(Activation).where(Activation.jti == jti))
    connection.execute(delete(CheckIn).where(CheckIn.jti == jti))
    row = {
        "jti": jti,
        "device_key": device_key,
        "exam": exam,
        "activated_at": activated_at,
        "retired_at": at,
    }
    connection.execute(insert(RetiredDevice), row)
    return bytes(device_key)


def retired_devices(connection: Connection, jti: str) -> list[tuple[datetime, datetime, bytes]]:
    """List a seat's former devices: time of activation, time of retirement, public key."""
    rows = connection.execute(
        select(RetiredDevice.activated_at, RetiredDevice.retired_at, RetiredDevice.device_key)
        .where(RetiredDevice.jti == jti)
        .order_by(RetiredDevice.retired_at)
    )
    return [(row[0], row[1], bytes(row[2])) for row in rows]


def queue_reissue(connection: Connection, exam: str, admission_number: str, jti: str, at: datetime) -> bool:
    """Queue a new licence of a seat for ``issue``; False if it is queued already."""
    if pending_reissues(connection, exam, [admission_number]):
        return False
    row = {"exam": exam, "admission_number": admission_number, "jti": jti, "asked_at": at}
    connection.execute(insert(Reissue), row)
    return True


def pending_reissues(connection: Connection, exam: str, admission_numbers: Sequence[str]) -> dict[str, str]:
    """Map those of the admission numbers that are queued for a new licence to the jti to replace."""
    if not admission_numbers:
        return {}
    named = in_values(connection, Reissue.admission_number, admission_numbers)
    rows = connection.execute(
        select(Reissue.admission_number, Reissue.jti).where(
            Reissue.exam == exam, named, Reissue.done_at.is_(None)
        )
    )
    return {row[0]: row[1] for row in rows}


def finish_reissues(
    connection: Connection, exam: str, admission_numbers: Sequence[str], at: datetime
) -> None:
    """Mark queued re-issues as done, in the transaction that writes the new licences."""
    if admission_numbers:
        connection.execute(
            update(Reissue)
            .where(
                Reissue.exam == exam,
                in_values(connection, Reissue.admission_number, admission_numbers),
                Reissue.done_at.is_(None),
            )
            .values(done_at=at)
        )


def reissues(
    connection: Connection, exam: str, admission_number: str
) -> list[tuple[datetime, datetime | None]]:
    """List a seat's re-issues: time of the request, and of the new licence, if issued."""
    rows = connection.execute(
        select(Reissue.asked_at, Reissue.done_at)
        .where(Reissue.exam == exam, Reissue.admission_number == admission_number)
        .order_by(Reissue.id)
    )
    return [(row[0], row[1]) for row in rows]


def allow(connection: Connection, exam: str, admission_number: str, until: datetime, at: datetime) -> None:
    """Allow one seat to download until a time; a later call replaces it."""
    values: Mapping[str, object] = {"until": until, "granted_at": at}
    row = {"exam": exam, "admission_number": admission_number, **values}
    connection.execute(insert_or_update(connection, Allowance, ["exam", "admission_number"], values), row)


def allowed_until(connection: Connection, exam: str, admission_number: str) -> datetime | None:
    """Return until when an operator allowed the seat to download outside the windows, or None."""
    return connection.scalar(
        select(Allowance.until).where(Allowance.exam == exam, Allowance.admission_number == admission_number)
    )


def maintenance(connection: Connection, exam: str) -> Maintenance | None:
    """Return the exam's maintenance, or None."""
    row = connection.execute(
        select(MaintenanceMark.since, MaintenanceMark.back_at).where(MaintenanceMark.exam == exam)
    ).first()
    return row and Maintenance(row[0], row[1])


def start_maintenance(connection: Connection, exam: str, since: datetime, back_at: datetime | None) -> None:
    """Start maintenance of the exam. If it has started, only ``back_at`` changes."""
    row = {"exam": exam, "since": since, "back_at": back_at}
    connection.execute(insert_or_update(connection, MaintenanceMark, ["exam"], {"back_at": back_at}), row)


def end_maintenance(connection: Connection, exam: str) -> bool:
    """End maintenance; False if there was none."""
    result = connection.execute(delete(MaintenanceMark).where(MaintenanceMark.exam == exam))
    return result.rowcount > 0
