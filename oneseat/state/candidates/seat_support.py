"""Changes that operators make at the desk: retired devices, queued re-issues, allowances, maintenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from oneseat.state.dialect import among, insert_or_update
from oneseat.state.tables.activation import Activation, Allowance, RetiredDevice
from oneseat.state.tables.attendance import CheckIn
from oneseat.state.tables.issuing import Reissue
from oneseat.state.tables.publishing import MaintenanceMark


@dataclass(frozen=True)
class Maintenance:
    """Since when an exam's pages and API rest, and when they are expected back, if anybody knows."""

    since: datetime
    back_at: datetime | None


def retire_device(connection: Connection, exam: str, jti: str, at: datetime) -> bytes | None:
    """Take a seat away from its device for good, and give that device's key; None where none held it.

    The next device that activates holds the seat. Call it in a writing transaction.
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
    """When each former device of a seat was activated, when it was retired, and its public key."""
    rows = connection.execute(
        select(RetiredDevice.activated_at, RetiredDevice.retired_at, RetiredDevice.device_key)
        .where(RetiredDevice.jti == jti)
        .order_by(RetiredDevice.retired_at)
    )
    return [(row[0], row[1], bytes(row[2])) for row in rows]


def queue_reissue(connection: Connection, exam: str, admission_number: str, jti: str, at: datetime) -> bool:
    """Ask ``issue`` for a new licence of a seat; False when it is asked already."""
    if pending_reissues(connection, exam, [admission_number]):
        return False
    row = {"exam": exam, "admission_number": admission_number, "jti": jti, "asked_at": at}
    connection.execute(insert(Reissue), row)
    return True


def pending_reissues(connection: Connection, exam: str, admission_numbers: Sequence[str]) -> dict[str, str]:
    """Of these admission numbers, those that wait for a new licence, each with the jti to be replaced."""
    if not admission_numbers:
        return {}
    named = among(connection, Reissue.admission_number, admission_numbers)
    rows = connection.execute(
        select(Reissue.admission_number, Reissue.jti).where(
            Reissue.exam == exam, named, Reissue.done_at.is_(None)
        )
    )
    return {row[0]: row[1] for row in rows}


def finish_reissues(
    connection: Connection, exam: str, admission_numbers: Sequence[str], at: datetime
) -> None:
    """Take seats off the queue, in the transaction that writes their new licences."""
    if admission_numbers:
        connection.execute(
            update(Reissue)
            .where(
                Reissue.exam == exam,
                among(connection, Reissue.admission_number, admission_numbers),
                Reissue.done_at.is_(None),
            )
            .values(done_at=at)
        )


def reissues(
    connection: Connection, exam: str, admission_number: str
) -> list[tuple[datetime, datetime | None]]:
    """When new licences were asked for and made."""
    rows = connection.execute(
        select(Reissue.asked_at, Reissue.done_at)
        .where(Reissue.exam == exam, Reissue.admission_number == admission_number)
        .order_by(Reissue.id)
    )
    return [(row[0], row[1]) for row in rows]


def allow(connection: Connection, exam: str, admission_number: str, until: datetime, at: datetime) -> None:
    """Let one seat download until a moment; the latest word counts."""
    values: Mapping[str, object] = {"until": until, "granted_at": at}
    row = {"exam": exam, "admission_number": admission_number, **values}
    connection.execute(insert_or_update(connection, Allowance, ["exam", "admission_number"], values), row)


def allowed_until(connection: Connection, exam: str, admission_number: str) -> datetime | None:
    """Until when a seat may download whatever the windows say, if an operator said so."""
    return connection.scalar(
        select(Allowance.until).where(Allowance.exam == exam, Allowance.admission_number == admission_number)
    )


def maintenance(connection: Connection, exam: str) -> Maintenance | None:
    """Whether the exam's portal rests."""
    row = connection.execute(
        select(MaintenanceMark.since, MaintenanceMark.back_at).where(MaintenanceMark.exam == exam)
    ).first()
    return row and Maintenance(row[0], row[1])


def start_maintenance(connection: Connection, exam: str, since: datetime, back_at: datetime | None) -> None:
    """Let the exam's portal rest; ``since`` stays the first one's, ``back_at`` is the latest word."""
    row = {"exam": exam, "since": since, "back_at": back_at}
    connection.execute(insert_or_update(connection, MaintenanceMark, ["exam"], {"back_at": back_at}), row)


def end_maintenance(connection: Connection, exam: str) -> bool:
    """Open again; False when it was open."""
    done = connection.execute(delete(MaintenanceMark).where(MaintenanceMark.exam == exam))
    return done.rowcount > 0
