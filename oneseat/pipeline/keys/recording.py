"""Writes audit entries for the signing keys of the rings: when each was made, retired and withdrawn.

A ring is a folder of files, and the audit log a table, so no transaction covers both. Instead the log is
brought up to date with the rings: each key and state of a ring's public index that has no entry yet gets one.
It is done after every command that changes a ring, and before a charter is signed or published. What was
missed, because there was no database yet or a command was killed, is made up for by the next of these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from oneseat.pipeline.keys import rings
from oneseat.pipeline.keys.rings import KeySummary
from oneseat.pipeline.project import Project
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.errors import StateAbsent
from signing.authority.errors import KeyMissing

_ACTOR = "pipeline"
_MADE = "key.made"
_ENDED = {"retired": "key.retired", "withdrawn": "key.withdrawn"}


@contextmanager
def recorded(project: Project) -> Iterator[None]:
    """Record in the audit log what the block changes in the rings; without a database, nothing.

    Raises:
        StateUnavailable: the database cannot be written. It is tried before the block begins.
    """
    database = _existing_state(project)
    if database is not None:
        with database.writing():
            pass
    yield
    if database is not None:
        record(project, database)


def record(project: Project, database: Database) -> None:
    """Append an entry for each key, and for each end of a key's use, that the audit log does not have yet."""
    exam, now = project.exam.id, project.clock.now()
    acts = [(key, act) for key in _present_keys(project) for act in _acts(key)]
    with database.writing() as connection:
        known = _known_acts(connection, exam)
        for key, act in acts:
            if (act, key.kid) not in known:
                audit.append(connection, now, _ACTOR, act, exam, _facts(key, act))


def _existing_state(project: Project) -> Database | None:
    try:
        return project.state
    except StateAbsent:
        return None


def _present_keys(project: Project) -> list[KeySummary]:
    """List the keys of all rings; none where a ring is missing, as on the portal's host."""
    try:
        return list(rings.list_keys(project.workspace))
    except KeyMissing:
        return []


def _acts(key: KeySummary) -> list[str]:
    return [_MADE, *([_ENDED[key.state]] if key.state in _ENDED else [])]


def _known_acts(connection: Connection, exam: str) -> set[tuple[str, str]]:
    """Read which acts are in the audit log, each with the thumbprint of its key."""
    records = audit.of_acts(connection, exam, [_MADE, *_ENDED.values()])
    return {(record.act, str(json.loads(record.facts).get("kid"))) for record in records}


def _facts(key: KeySummary, act: str) -> dict[str, audit.Fact]:
    """Return public facts of a key; of its address only the scheme, as the rest may name a host or path."""
    facts: dict[str, audit.Fact] = {"key": key.name, "kid": key.kid}
    if act == _MADE:
        facts |= {"created": key.created, "where": key.where.partition(":")[0] or "file"}
    return facts
