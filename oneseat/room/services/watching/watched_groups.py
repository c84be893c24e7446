"""Reads groups of candidates with who is responsible for each now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.rules.watching import SILENT_AFTER, Responsible, responsible
from oneseat.state.room import groups, watches
from oneseat.state.room.groups import Group


@dataclass(frozen=True)
class WatchedGroup:
    """A group, and who is responsible for it now."""

    group: Group
    now: Responsible


def watched_groups(
    connection: Connection, exam: str, kind: str, session: int, now: datetime
) -> list[WatchedGroup]:
    """A session's groups by number, with who is responsible for each now."""
    heard = watches.heard(connection, exam, kind, session, now - SILENT_AFTER)
    return [
        WatchedGroup(each, responsible(each.first, each.second, heard.get(each.number, {}), now))
        for each in groups.list_of(connection, exam, kind, session)
    ]


def all_watched_groups(connection: Connection, exam: str, now: datetime) -> Iterator[WatchedGroup]:
    """The groups of all sessions, by session and number."""
    for kind, session in sorted({(each.kind, each.session) for each in groups.list_all(connection, exam)}):
        yield from watched_groups(connection, exam, kind, session, now)
