"""Candidates' help pages that stay open: how much memory a portal process needs for their live states."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench import portals
from bench.servers import Server
from oneseat.portal.rules.help_rules import Door, Reason, Status, Urgency
from oneseat.portal.tokens.signed_values import SignedValues
from oneseat.state.help import requests
from oneseat.state.help.requests import NewHelpRequest
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam

_PAGES = 1000
_AT_ONCE = 50


def measure(folder: Path) -> dict[str, float]:
    """The portal process's own memory in MiB while 1,000 candidates follow their requests."""
    exam = portals.publish(folder, 1_000_000, _PAGES)
    _ask_for_help(exam)
    values = SignedValues(exam.keys.portal.secret("session"), EXAM)
    sessions = [values.session(exam.jti(person), INSIDE) for person in exam.people]
    with portals.portal(exam, folder / "help.log") as portal:
        return {"sse_help_pages_mib": asyncio.run(_memory_with_pages(portal, sessions))}


def _ask_for_help(exam: PublishedExam) -> None:
    with exam.database.writing() as connection:
        for position, person in enumerate(exam.people):
            new = NewHelpRequest(
                exam=EXAM,
                number=f"{position:06d}",
                door=Door.PORTAL,
                reason=Reason.DEVICE,
                admission_number=person.admission_number,
                jti=exam.jti(person),
                sealed_details=b"",
                callback_tag=None,
                address_tag=None,
                codes="",
                urgency=Urgency.OTHER,
                order_at=INSIDE,
                submitted_at=INSIDE,
                status=Status.SUBMITTED,
                touched_at=INSIDE,
            )
            assert requests.add(connection, new) is not None


async def _memory_with_pages(portal: Server, sessions: list[str]) -> float:
    host, port = portal.address.split(":")
    writers = []

    async def listen(session: str) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        writers.append(writer)
        asked = f"GET /e/{EXAM}/help/live HTTP/1.1\r\nHost: {portal.address}\r\n"
        writer.write(f"{asked}Cookie: oneseat-{EXAM}={session}\r\n\r\n".encode())
        await asyncio.wait_for(reader.readuntil(b"data: "), 30)

    for first in range(0, len(sessions), _AT_ONCE):
        await asyncio.gather(*(listen(session) for session in sessions[first : first + _AT_ONCE]))
    memory = portal.memory_mib()
    for writer in writers:
        writer.close()
    return memory
