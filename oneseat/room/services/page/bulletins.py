"""Bulletins on candidates' pages: measures that concern them, and announcements; and what they have seen.

What a page has to show is in memory, so a beat sends no statement for it. The page says in its events that
one was shown and read. It shows those that it has not read, by its own memory, and repeats nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oneseat.room.rules.measures import words_of
from oneseat.room.services.attempts.window_calls import Call
from oneseat.room.services.wire_times import wire
from oneseat.state.room import announcements
from oneseat.state.room.announcements import Announcement
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import RoomEvent
from signing.fields import unix_time
from signing.session_times import FORMAL, REPEAT
from signing.text import Text

SHOWN, READ = "bulletin-shown", "bulletin-read"
FRESH = timedelta(hours=24)
"""An announcement to every session is shown to whom enters within this time."""


@dataclass(frozen=True)
class Bulletin:
    """Something that a page shows above all else. ``names`` are those who gave a measure."""

    name: str
    words: Text
    names: tuple[str, ...]
    at: datetime


def page_view(call: Call) -> list[dict[str, Any]]:
    """The bulletins of an attempt's page, oldest first, as JSON."""
    return [
        {
            "id": each.name,
            "zh": each.words.zh,
            "en": each.words.en,
            "names": list(each.names),
            "at": wire(each.at),
        }
        for each in sorted(_concerning(call), key=lambda each: each.at)
    ]


def newest_incident(announced: Sequence[Announcement]) -> dict[str, str] | None:
    """The words of the newest open incident, which a phone's page shows in a line of its own, or None."""
    told = [each for each in announced if each.incident is not None]
    return {"zh": told[-1].zh, "en": told[-1].en} if told else None


def hear(call: Call, said: Sequence[RoomEvent]) -> None:
    """Keep what a page's events say of bulletins that concern it; its words become an event of the room's."""
    heard = [event for event in said if event.code in (SHOWN, READ)]
    if not heard:
        return
    known = {each.name: each for each in _concerning(call)}
    connection, attempt = call.connection, call.attempt.id
    for event in heard:
        bulletin = known.get(str(event.facts.get("bulletin")))
        if bulletin is None:
            continue
        if announcements.record_shown(connection, call.room.exam, attempt, bulletin.name, call.now):
            call.note(
                "bulletin", bulletin=bulletin.name, zh=bulletin.words.zh, names="、".join(bulletin.names)
            )
        if event.code == READ:
            announcements.record_read(connection, attempt, bulletin.name, call.now)


def _concerning(call: Call) -> Iterator[Bulletin]:
    attempt = call.attempt
    if attempt.kind == FORMAL:
        for signed in call.charter.measures_for(attempt.session, attempt.jti):
            # What ends an attempt is read after the hand-in; what moved its times is of no use then.
            if attempt.handed_in_at is not None and signed.act != REPEAT:
                continue
            instead = call.charter.session_instead(signed, attempt.jti)
            words = words_of(signed.act, signed.seconds, signed.reason, instead)
            yield Bulletin(f"m{signed.number}", words, signed.names, unix_time(signed.at))
    for announced in call.announced:
        if _is_for(announced, attempt):
            yield Bulletin(announced.bulletin, Text(announced.en, announced.zh), (), announced.at)


def _is_for(announced: Announcement, attempt: Attempt) -> bool:
    if announced.group_number is not None:
        return attempt.id in announced.attempts
    if announced.kind is None:
        return announced.at >= attempt.created_at - FRESH
    return (announced.kind, announced.session) == (attempt.kind, attempt.session)
