"""Papers: processes that wait for keys, messages to them, and keys from their session's start on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from oneseat.state.dialect import insert_or_ignore, insert_or_update
from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_papers import RoomPaperKeyRow, RoomPaperMessageRow, RoomPaperProcessRow


@dataclass(frozen=True)
class WaitingPaper:
    """What a process says of a paper that holders release. ``first`` is the earliest release, RFC 3339."""

    name: str
    first: str
    shares: tuple[str, ...] = ()
    unlocked: bool = False


@dataclass(frozen=True)
class WaitingProcess:
    """A process that waits for keys, with its papers by their digests."""

    process: str
    public_key: bytes
    signature: bytes = field(repr=False)
    seen_at: datetime
    papers: Mapping[bytes, WaitingPaper]


@dataclass(frozen=True)
class Message:
    """A share or a key on its way to one process."""

    process: str
    paper: bytes
    sender: str
    sender_name: str
    sealed: bytes = field(repr=False)
    sent_at: datetime


@dataclass(frozen=True)
class StoredKey:
    """A paper's key from the start on, encrypted, and who released it."""

    paper: bytes
    name: str
    sealed_key: bytes = field(repr=False)
    holders: str
    stored_at: datetime


def announce(connection: Connection, exam: str, process: WaitingProcess) -> None:
    """Record that a process waits, and for which papers."""
    papers = {digest.hex(): asdict(paper) for digest, paper in process.papers.items()}
    changed: dict[str, object] = {
        "signature": process.signature,
        "seen_at": process.seen_at,
        "papers": json.dumps(papers, sort_keys=True),
    }
    named = {"exam": exam, "process": process.process, "public_key": process.public_key}
    statement = insert_or_update(connection, RoomPaperProcessRow, ["exam", "process"], changed)
    connection.execute(statement, {**named, **changed})


def list_waiting(connection: Connection, exam: str, since: datetime) -> list[WaitingProcess]:
    """List the processes that were heard of since a time."""
    row = RoomPaperProcessRow
    query = select(row.process, row.public_key, row.signature, row.seen_at, row.papers).where(
        row.exam == exam, row.seen_at >= since
    )
    return [
        WaitingProcess(process, public_key, signature, seen_at, _papers(waiting))
        for process, public_key, signature, seen_at, waiting in connection.execute(query)
    ]


def _papers(text: str) -> dict[bytes, WaitingPaper]:
    members: dict[str, dict[str, Any]] = json.loads(text)
    return {
        bytes.fromhex(digest): WaitingPaper(**{**paper, "shares": tuple(paper["shares"])})
        for digest, paper in members.items()
    }


def forget_processes(connection: Connection, exam: str, before: datetime) -> None:
    """Delete processes that were not heard of since a time, with the messages to them."""
    row, message = RoomPaperProcessRow, RoomPaperMessageRow
    old = select(row.process).where(row.exam == exam, row.seen_at < before)
    connection.execute(delete(message).where(message.exam == exam, message.process.in_(old)))
    connection.execute(delete(row).where(row.exam == exam, row.seen_at < before))


def send(connection: Connection, exam: str, messages: Sequence[Message]) -> None:
    """Send messages; one that is on its way already is replaced."""
    for message in messages:
        changed = {
            "sender_name": message.sender_name,
            "sealed": message.sealed,
            "sent_at": message.sent_at,
        }
        key = ["exam", "process", "paper", "sender"]
        row = {
            "exam": exam,
            "process": message.process,
            "paper": message.paper,
            "sender": message.sender,
            **changed,
        }
        connection.execute(insert_or_update(connection, RoomPaperMessageRow, key, changed), row)


def list_messages(connection: Connection, exam: str, process: str) -> list[Message]:
    """List what was sent to a process, oldest first."""
    row = RoomPaperMessageRow
    query = select(row.process, row.paper, row.sender, row.sender_name, row.sealed, row.sent_at).where(
        row.exam == exam, row.process == process
    )
    return [Message(*values) for values in connection.execute(query.order_by(row.sent_at, row.sender))]


def delete_messages(connection: Connection, exam: str, messages: Sequence[Message]) -> None:
    """Delete messages that were read."""
    row = RoomPaperMessageRow
    for message in messages:
        connection.execute(
            delete(row).where(
                row.exam == exam,
                row.process == message.process,
                row.paper == message.paper,
                row.sender == message.sender,
            )
        )


def store_key(connection: Connection, exam: str, key: StoredKey) -> bool:
    """Store a key; False where it is stored already."""
    statement = insert_or_ignore(connection, RoomPaperKeyRow, ["exam", "paper"]).returning(
        RoomPaperKeyRow.exam
    )
    return connection.scalar(statement, {"exam": exam, **vars(key)}) is not None


def find_key(connection: Connection, exam: str, paper: bytes) -> StoredKey | None:
    """Return the stored key of the paper with this digest, or None."""
    row = RoomPaperKeyRow
    query = select(row.paper, row.name, row.sealed_key, row.holders, row.stored_at).where(
        row.exam == exam, row.paper == paper
    )
    found = connection.execute(query).first()
    return None if found is None else StoredKey(*found)


def record_variant(connection: Connection, attempt_id: str, variant: str) -> None:
    """Record which variant of its paper an attempt was given."""
    statement = update(RoomAttemptRow).where(RoomAttemptRow.id == attempt_id)
    connection.execute(statement.values(paper_variant=variant))
