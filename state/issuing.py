"""What ``issue`` reads and writes: editions, batches, and seats chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from state.models import Batch, Edition, Licence, Seat

RUNNING, FINISHED, ABANDONED = "running", "finished", "abandoned"


@dataclass(frozen=True)
class EditionRow:
    """What all licences of one issue share. ``base`` is the Authenticode SHA-256 in hexadecimal."""

    id: int
    exam: str
    base: str
    build: str
    expires_at: datetime


@dataclass(frozen=True)
class BatchRow:
    """A run of ``issue``: its fixed issue time, and how far it has come."""

    id: int
    issued_at: datetime
    rows_done: int
    added: int
    unchanged: int
    refreshed: int
    reissued: int


@dataclass(frozen=True)
class HeldSeat:
    """What is stored about one seat: its newest jti, and that jti's login tag."""

    admission_number: str
    generation: int
    jti: str
    login_tag: bytes
    licensed: bool
    """Whether the newest jti has a licence for the edition asked about."""


class NewLicence(NamedTuple):
    """A licence to be written, and the seat it makes or moves on."""

    admission_number: str
    generation: int
    jti: str
    login_tag: bytes
    sealed_key: bytes
    token: str


def edition(connection: Connection, exam: str, base: str, build: str, expires_at: datetime) -> EditionRow:
    """The edition with these properties, made when it is new."""
    found = find_edition(connection, exam, base, build, expires_at)
    if found is not None:
        return found
    values = {"exam": exam, "base": base, "build": build, "expires_at": expires_at}
    edition_id = connection.execute(insert(Edition).values(values).returning(Edition.id)).scalar_one()
    return EditionRow(edition_id, exam, base, build, expires_at)


def find_edition(
    connection: Connection, exam: str, base: str, build: str, expires_at: datetime
) -> EditionRow | None:
    """The edition with these properties, if one was issued."""
    row = connection.execute(
        select(Edition.id).where(
            Edition.exam == exam,
            Edition.base == base,
            Edition.build == build,
            Edition.expires_at == expires_at,
        )
    ).first()
    return row and EditionRow(row[0], exam, base, build, expires_at)


def start_or_resume(connection: Connection, exam: str, work: str, edition_id: int, now: datetime) -> BatchRow:
    """The exam's unfinished batch for exactly this work, or a new one that begins now.

    ``work`` is a digest of everything that the outcome depends on. An unfinished batch
    of other work is abandoned: what it committed stays, and counts as there already.
    """
    connection.execute(
        update(Batch)
        .where(
            Batch.exam == exam,
            Batch.state == RUNNING,
            (Batch.work != work) | (Batch.edition_id != edition_id),
        )
        .values(state=ABANDONED, finished_at=now)
    )
    row = connection.execute(_batch().where(Batch.exam == exam, Batch.state == RUNNING)).first()
    if row is not None:
        return BatchRow(*row)
    counts = dict.fromkeys(("rows_done", "added", "unchanged", "refreshed", "reissued"), 0)
    values = {
        "exam": exam,
        "work": work,
        "edition_id": edition_id,
        "issued_at": now,
        "state": RUNNING,
        **counts,
    }
    batch_id = connection.execute(insert(Batch).values(values).returning(Batch.id)).scalar_one()
    return BatchRow(batch_id, now, 0, 0, 0, 0, 0)


def held_seats(
    connection: Connection, exam: str, edition_id: int, admission_numbers: Sequence[str]
) -> dict[str, HeldSeat]:
    """What is stored about these admission numbers (at most a few thousand at once)."""
    seats = connection.execute(
        select(Seat.admission_number, Seat.generation, Seat.jti, Licence.login_tag, Licence.edition_id)
        .join(Licence, Licence.jti == Seat.jti)
        .where(Seat.exam == exam, Seat.admission_number.in_(admission_numbers))
    )
    held: dict[str, HeldSeat] = {}
    for number, generation, jti, login_tag, edition_of_row in seats:
        licensed = edition_of_row == edition_id or (number in held and held[number].licensed)
        held[number] = HeldSeat(number, generation, jti, login_tag, licensed)
    return held


def add_seats(connection: Connection, exam: str, edition_id: int, new: Sequence[NewLicence]) -> None:
    """Write seats that were not there, with their licences."""
    if not new:
        return
    connection.execute(
        insert(Seat),
        [
            {
                "exam": exam,
                "admission_number": one.admission_number,
                "generation": one.generation,
                "jti": one.jti,
            }
            for one in new
        ],
    )
    add_licences(connection, exam, edition_id, new)


def move_seats_on(connection: Connection, exam: str, edition_id: int, new: Sequence[NewLicence]) -> None:
    """Give seats that are there a new generation, with its licences.

    The old one is revoked when the new one is published.
    """
    if not new:
        return
    connection.execute(
        update(Seat)
        .where(Seat.exam == bindparam("in_exam"), Seat.admission_number == bindparam("number"))
        .values(generation=bindparam("new_generation"), jti=bindparam("new_jti")),
        [
            {
                "in_exam": exam,
                "number": one.admission_number,
                "new_generation": one.generation,
                "new_jti": one.jti,
            }
            for one in new
        ],
    )
    add_licences(connection, exam, edition_id, new)


def add_licences(connection: Connection, exam: str, edition_id: int, new: Sequence[NewLicence]) -> None:
    """Write licences of seats that are there."""
    if not new:
        return
    connection.execute(
        insert(Licence),
        [
            {
                "jti": one.jti,
                "edition_id": edition_id,
                "exam": exam,
                "admission_number": one.admission_number,
                "login_tag": one.login_tag,
                "sealed_key": one.sealed_key,
                "token": one.token,
            }
            for one in new
        ],
    )


def newest_licence(
    connection: Connection, exam: str, edition_id: int, admission_number: str
) -> tuple[str, str] | None:
    """The jti and token of a seat's newest licence for an edition, published or not."""
    row = connection.execute(
        select(Licence.jti, Licence.token)
        .join(Seat, Seat.jti == Licence.jti)
        .where(Seat.exam == exam, Seat.admission_number == admission_number, Licence.edition_id == edition_id)
    ).first()
    return row and (row[0], row[1])


def advance(connection: Connection, batch_id: int, rows: int, counts: Mapping[str, int]) -> None:
    """Record a finished chunk in the transaction that wrote it: rows read, and outcomes by name."""
    columns = {name: getattr(Batch, name) + number for name, number in counts.items()}
    connection.execute(
        update(Batch).where(Batch.id == batch_id).values(rows_done=Batch.rows_done + rows, **columns)
    )


def finish(connection: Connection, batch_id: int, now: datetime) -> BatchRow:
    """Record that the batch is done, and give its counts."""
    connection.execute(update(Batch).where(Batch.id == batch_id).values(state=FINISHED, finished_at=now))
    return BatchRow(*connection.execute(_batch().where(Batch.id == batch_id)).one())


def unfinished(connection: Connection, exam: str) -> Iterable[int]:
    """The numbers of batches that were started and not ended."""
    return connection.scalars(select(Batch.id).where(Batch.exam == exam, Batch.state == RUNNING)).all()


def _batch() -> Select[int, datetime, int, int, int, int, int]:
    return select(
        Batch.id,
        Batch.issued_at,
        Batch.rows_done,
        Batch.added,
        Batch.unchanged,
        Batch.refreshed,
        Batch.reissued,
    )
