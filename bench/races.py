"""A hundred devices that activate one seat at the same moment, through two portal processes."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import portals
from tests.portal.published_exam import EXAM, PublishedExam
from tests.simulator import Candidate, Device, Person

DEVICES = 100


def run(exam: PublishedExam, log: Path) -> list[int]:
    """One race per seat; how many devices won each, when every other one was refused with the seat's code."""
    with portals.portal(exam, log) as one, portals.portal(exam, log.with_suffix(".2")) as other:
        return [race(exam, person, [one.address, other.address]) for person in exam.people]


def race(exam: PublishedExam, person: Person, addresses: Sequence[str]) -> int:
    """The winners among :data:`DEVICES` devices whose requests are all sent before any answer is read."""
    with Candidate(f"http://{addresses[0]}", EXAM, person) as candidate:
        nonce = candidate.nonce()
    licence = exam.licence(person)
    bodies = [json.dumps(Device().activation(nonce, licence, person)).encode() for _ in range(DEVICES)]
    with ExitStack() as open_ones:
        sockets = []
        for at in range(DEVICES):
            host, _, port = addresses[at % len(addresses)].partition(":")
            sockets.append(open_ones.enter_context(socket.create_connection((host, int(port)), timeout=60)))
        for connected, body in zip(sockets, bodies, strict=True):
            connected.sendall(_request(body))
        statuses = [_status(connected) for connected in sockets]
    assert set(statuses) <= {200, 409}, statuses
    return statuses.count(200)


def _request(body: bytes) -> bytes:
    head = (
        f"POST /api/v1/exams/{EXAM}/activations HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _status(connected: socket.socket) -> int:
    with connected.makefile("rb") as answer:
        status = int(answer.readline().split()[1])
        answer.read()
    return status
