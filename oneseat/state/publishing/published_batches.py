"""The log of published batches: staged lines, the hash tree over them in tiles, and signed heads.

Issue runs have a counter of their own; see :mod:`oneseat.state.issuing.issue_runs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select

from oneseat.state.artefacts import INSTALLER
from oneseat.state.bulk import insert_many
from oneseat.state.dialect import insert_or_update
from oneseat.state.prepared import Prepared
from oneseat.state.publishing import releases
from oneseat.state.tables.issuing import Licence, Seat
from oneseat.state.tables.publishing import ManifestHead, ManifestLine, ManifestTile
from signing.authority import merkle
from signing.authority.batch_log import SHOW, WITHDRAW, LogLine, TreeHead, licence_digest
from signing.authority.errors import ProofInvalid
from signing.authority.merkle import Tile


@dataclass(frozen=True)
class PublishedBatchRow:
    """A published batch: its number, its release, its lines from ``start`` to ``size``, its signed head."""

    batch: int
    release_id: int
    start: int
    size: int
    token: str
    sbom: str
    provenance: str
    at: datetime
    phone_sbom: str = ""
    phone_provenance: str = ""


class LoggedLine(NamedTuple):
    """A line of the log with its position and its licence token ("" if the state has none)."""

    position: int
    line: LogLine
    token: str


class SeatToShow(NamedTuple):
    """A seat and licence that a publication will make visible."""

    jti: str
    admission_number: str
    token: str


_LINE_VALUES = (
    ManifestLine.seat,
    ManifestLine.jti,
    ManifestLine.licence_sha256,
    ManifestLine.sha256,
    ManifestLine.size,
    ManifestLine.artefact,
)
_HEAD_COLUMNS = (
    ManifestHead.batch,
    ManifestHead.release_id,
    ManifestHead.start,
    ManifestHead.size,
    ManifestHead.token,
    ManifestHead.sbom,
    ManifestHead.provenance,
    ManifestHead.at,
    ManifestHead.phone_sbom,
    ManifestHead.phone_provenance,
)


def newest(connection: Connection, exam: str) -> PublishedBatchRow | None:
    """Return the exam's newest batch, or None."""
    query = (
        select(*_HEAD_COLUMNS).where(ManifestHead.exam == exam).order_by(ManifestHead.batch.desc()).limit(1)
    )
    row = connection.execute(query).first()
    return _batch(row) if row else None


def find(connection: Connection, exam: str, batch: int) -> PublishedBatchRow | None:
    """Return the exam's batch of that number, or None."""
    query = select(*_HEAD_COLUMNS).where(ManifestHead.exam == exam, ManifestHead.batch == batch)
    row = connection.execute(query).first()
    return _batch(row) if row else None


def newest_head(connection: Connection, exam: str) -> str | None:
    """Return the token of the exam's newest tree head, or None."""
    row = _NEWEST_TOKEN.first(connection, exam=exam)
    return row[0] if row else None


def release_lacks_batch(connection: Connection, exam: str) -> bool:
    """Whether candidates see a release that was published without a batch."""
    shown = releases.current_id(connection, exam)
    last = newest(connection, exam)
    return shown is not None and (last is None or last.release_id != shown)


def all_batches(connection: Connection, exam: str) -> list[PublishedBatchRow]:
    """List all batches, oldest first."""
    query = select(*_HEAD_COLUMNS).where(ManifestHead.exam == exam).order_by(ManifestHead.batch)
    return [_batch(row) for row in connection.execute(query)]


def _batch(row: Sequence[Any]) -> PublishedBatchRow:
    return PublishedBatchRow(*row)


def add(connection: Connection, exam: str, batch: PublishedBatchRow) -> None:
    """Insert a batch's signed head, which makes its staged lines part of the log."""
    connection.execute(insert(ManifestHead), {"exam": exam, **vars(batch)})


def tiles(connection: Connection, exam: str) -> Tile:
    """Return a function that reads the tree's tiles; a missing tile is empty."""

    def tile(level: int, number: int) -> bytes:
        row = _TILE.first(connection, exam=exam, level=level, number=number)
        return bytes(row[0]) if row else b""

    return tile


def forget_staged(connection: Connection, exam: str, size: int) -> None:
    """Delete staged lines behind the newest head, left by an interrupted publication.

    Tiles can stay: their first hashes are still right, and the rest is overwritten.
    """
    connection.execute(delete(ManifestLine).where(ManifestLine.exam == exam, ManifestLine.position >= size))


def stage(
    connection: Connection,
    exam: str,
    start: int,
    lines: Sequence[LogLine],
    tiles: Sequence[tuple[int, int, bytes]],
) -> None:
    """Insert lines from position ``start`` on, with the tiles that they extend."""
    rows = [_row(exam, start + number, line) for number, line in enumerate(lines)]
    insert_many(connection, ManifestLine, _LINE_COLUMNS, rows)
    for level, number, hashes in tiles:
        key = {"exam": exam, "level": level, "number": number}
        grown = {"hashes": hashes}
        statement = insert_or_update(connection, ManifestTile, ["exam", "level", "number"], grown)
        connection.execute(statement, {**key, **grown})


def lines(connection: Connection, exam: str, start: int, end: int) -> Iterator[LogLine]:
    """Yield the lines from ``start`` up to ``end``."""
    query = (
        select(*_LINE_VALUES)
        .where(ManifestLine.exam == exam, ManifestLine.position >= start, ManifestLine.position < end)
        .order_by(ManifestLine.position)
    )
    for row in connection.execution_options(yield_per=1000).execute(query):
        yield _line(*row)


def read_lines(connection: Connection, exam: str, start: int, limit: int) -> list[LoggedLine]:
    """Read lines from position ``start`` on, each with its licence."""
    query = (
        select(*_LINE_VALUES, ManifestLine.position)
        .where(ManifestLine.exam == exam, ManifestLine.position >= start)
        .order_by(ManifestLine.position)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    tokens: dict[str, str] = {}
    query_tokens = select(Licence.token).where(Licence.jti.in_({row[1] for row in rows}))
    for token in connection.scalars(query_tokens):
        tokens[licence_digest(token)] = token
    lines = [(row[-1], _line(*row[:-1])) for row in rows]
    return [LoggedLine(position, line, tokens.get(line.licence, "")) for position, line in lines]


def position_of(connection: Connection, exam: str, jti: str, licence: str) -> int | None:
    """Return the last position that shows a licence (by the hexadecimal SHA-256 of its token)."""
    row = _POSITION.first(connection, exam=exam, jti=jti, licence=bytes.fromhex(licence))
    return row[0] if row else None


def is_listed(connection: Connection, head: TreeHead, jti: str, licence: str) -> bool:
    """Whether a licence (by the SHA-256 of its token) is in the tree of a verified head.

    The tables are not trusted: the line's inclusion proof is verified against the head's root.
    """
    position = position_of(connection, head.exam, jti, licence)
    line = None if position is None else line_at(connection, head.exam, position)
    if position is None or line is None or position >= head.size:
        return False
    try:
        path = merkle.inclusion_proof(merkle.nodes(tiles(connection, head.exam)), position, head.size)
        leaf = merkle.leaf_hash(line.to_bytes())
        merkle.verify_inclusion(leaf, position, head.size, path, head.root_hash)
    except ProofInvalid:
        return False
    return True


def position_of_licence(connection: Connection, exam: str, licence: str) -> int | None:
    """Return the last position that shows a licence (by the SHA-256 of its token), without its jti.

    It scans all lines, so it is for a release engineer's commands, not for requests.
    """
    shown = (ManifestLine.exam == exam, ManifestLine.licence_sha256 == bytes.fromhex(licence))
    position: int | None = connection.scalar(select(func.max(ManifestLine.position)).where(*shown))
    return position


def newest_position(connection: Connection, exam: str, jti: str, artefact: str = INSTALLER) -> int | None:
    """Return the last position that shows a jti's artefact, or None."""
    row = _POSITION_OF_JTI.first(connection, exam=exam, jti=jti, artefact=artefact)
    return row[0] if row else None


def line_at(connection: Connection, exam: str, position: int) -> LogLine | None:
    """Return the line at a position, or None."""
    row = _LINE.first(connection, exam=exam, position=position)
    return _line(*row) if row else None


def find_seats_to_show(
    connection: Connection, edition_id: int, after: str, limit: int, *, whole: bool, beside: int | None = None
) -> list[SeatToShow]:
    """List seats that publishing an edition would show, with jtis above ``after``, in order of jti.

    A jti is a keyed hash, so the order reveals nothing about admission numbers. ``whole`` includes
    seats whose newest jti is published. A phone's edition is shown ``beside`` an installer's: a seat without
    a licence for that is left out. The query does not filter by exam, since an edition belongs
    to one: with that filter SQLite would sort all licences for each page.
    """
    query = (
        select(Licence.jti, Licence.admission_number, Licence.token)
        .join(
            Seat,
            and_(
                Seat.exam == Licence.exam,
                Seat.admission_number == Licence.admission_number,
                Seat.jti == Licence.jti,
            ),
        )
        .where(Licence.edition_id == edition_id, Licence.jti > after)
        .order_by(Licence.jti)
        .limit(limit)
    )
    if beside is not None:
        query = query.where(releases.licensed_beside(beside))
    if not whole:
        query = query.where(Seat.published_jti.is_distinct_from(Seat.jti))
    return [SeatToShow(*row) for row in connection.execute(query)]


def find_seats_to_hide(connection: Connection, exam: str, edition_id: int) -> list[tuple[str, str]]:
    """List published jti and admission number of seats that publishing an edition would hide, by jti."""
    licensed = (
        select(Licence.jti)
        .where(Licence.jti == Seat.jti, Licence.edition_id == edition_id)
        .exists()
        .correlate(Seat)
    )
    query = (
        select(Seat.published_jti, Seat.admission_number)
        .where(Seat.exam == exam, Seat.published_jti.is_not(None), ~licensed)
        .order_by(Seat.published_jti)
    )
    return [(str(jti), number) for jti, number in connection.execute(query)]


_LINE_COLUMNS = ("exam", "position", "seat", "jti", "licence_sha256", "sha256", "size", "artefact")


def _row(exam: str, position: int, line: LogLine) -> tuple[object, ...]:
    if line.act == WITHDRAW:
        return exam, position, line.seat, line.jti, None, None, None, line.artefact
    licence, digest = bytes.fromhex(line.licence), bytes.fromhex(line.sha256)
    return exam, position, line.seat, line.jti, licence, digest, line.size, line.artefact


def _line(
    seat: str, jti: str, licence: bytes | None, sha256: bytes | None, size: int | None, artefact: str
) -> LogLine:
    if licence is None or sha256 is None or size is None:
        return LogLine(WITHDRAW, seat, jti)
    return LogLine(SHOW, seat, jti, bytes(licence).hex(), bytes(sha256).hex(), size, artefact)


_OF_EXAM = ManifestLine.exam == bindparam("exam")
_SHOWN = and_(_OF_EXAM, ManifestLine.jti == bindparam("jti"), ManifestLine.licence_sha256.is_not(None))
_LAST = ManifestLine.position.desc()

_NEWEST_TOKEN = Prepared(
    select(ManifestHead.token)
    .where(ManifestHead.exam == bindparam("exam"))
    .order_by(ManifestHead.batch.desc())
)
_TILE = Prepared(
    select(ManifestTile.hashes).where(
        ManifestTile.exam == bindparam("exam"),
        ManifestTile.level == bindparam("level"),
        ManifestTile.number == bindparam("number"),
    )
)
_POSITION = Prepared(
    select(ManifestLine.position)
    .where(_SHOWN, ManifestLine.licence_sha256 == bindparam("licence"))
    .order_by(_LAST)
)
_POSITION_OF_JTI = Prepared(
    select(ManifestLine.position)
    .where(_SHOWN, ManifestLine.artefact == bindparam("artefact"))
    .order_by(_LAST)
)
_LINE = Prepared(select(*_LINE_VALUES).where(_OF_EXAM, ManifestLine.position == bindparam("position")))
