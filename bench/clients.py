"""Installed clients as a room sees them: signed looks with the upload grant, one after the other.

It runs as a program of its own, as :mod:`bench.pages` does: it reads a :class:`Plan` as JSON from standard
input and prints what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field

from nacl.signing import SigningKey

from bench.pages import Http
from signing.jws import b64url_encode, canonical_json
from signing.room_tokens import look_message

_WATCHING: dict[str, list[object]] = {"present": []}
"""The report of a guard that watches and has found nothing."""


@dataclass(frozen=True)
class Plan:
    """What the clients do. ``grants`` and ``seeds`` (of the devices' keys, in hex) are one a client.

    ``clock`` is the room's time at the start, in seconds since 1970.
    """

    url: str
    origin: str
    grants: list[str]
    seeds: list[str]
    seconds: float
    clock: float


@dataclass
class Seen:
    """What clients saw: answered looks, refused ones, and how long each took."""

    looks: int = 0
    failed: int = 0
    look_ms: list[float] = field(default_factory=list)


class Client:
    """One candidate's client."""

    def __init__(self, plan: Plan, seen: Seen, grant: str, seed: str) -> None:
        self.plan, self.seen, self.grant = plan, seen, grant
        self.key = SigningKey(bytes.fromhex(seed))
        self.host = plan.url.removeprefix("http://")
        self.began = time.monotonic()
        self.sequence = int(time.time() * 1000)

    async def run(self) -> None:
        """Look again and again."""
        host, port = self.host.split(":")
        loop = asyncio.get_running_loop()
        _, http = await loop.create_connection(Http, host, int(port))
        while time.monotonic() < self.began + self.plan.seconds:
            request, began = self.request(), time.perf_counter()
            status, _ = await http.send(request)
            self.seen.look_ms.append((time.perf_counter() - began) * 1e3)
            self.seen.looks += status == 200
            self.seen.failed += status != 200

    def request(self) -> bytes:
        """The next look, signed."""
        self.sequence += 1
        at = int(self.plan.clock + time.monotonic() - self.began)
        signed = look_message(self.plan.origin, self.grant, self.sequence, at, canonical_json(_WATCHING))
        look = {
            "grant": self.grant,
            "at": at,
            "sequence": self.sequence,
            "body": _WATCHING,
            "proof": b64url_encode(self.key.sign(signed).signature),
        }
        body = json.dumps(look, separators=(",", ":")).encode()
        head = (
            f"POST /client/v1/look HTTP/1.1\r\nhost: {self.host}\r\naccept-encoding: identity\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def run(plan: Plan) -> Seen:
    """All clients."""
    seen = Seen()
    made = [Client(plan, seen, *each) for each in zip(plan.grants, plan.seeds, strict=True)]
    await asyncio.gather(*(client.run() for client in made))
    return seen


def main() -> None:
    """Run a plan."""
    import uvloop

    plan = Plan(**json.load(sys.stdin))
    sys.stdout.write(json.dumps(asdict(uvloop.run(run(plan)))) + "\n")


if __name__ == "__main__":
    main()
