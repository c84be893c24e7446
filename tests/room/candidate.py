"""A candidate of the room as HTTP sees one: the client's forms and looks, and the page's calls."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.signing import SigningKey
from PIL import Image

from oneseat.room.services.arrival import upload_grants
from signing import jws
from signing.room_tokens import look_message, upload_message
from signing.tokens import room_message
from tests.room.held_exam import RunningRoom

GENESIS = "00" * 32
SPOKEN = ("q1", {"spoken": {"take": "0" * 24, "from_ms": 0, "to_ms": 9000}})
MIME = "video/webm;codecs=vp8,opus"


def wire(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def opened(answer: dict[str, Any], key: str | None) -> dict[str, Any] | None:
    """Open the sealed paper of an answer with a key, by the contract's own words; None without a key."""
    if key is None:
        return None
    sealed, attempt = answer["sealed"], answer["attempt"]
    parts = ["oneseat/paper/v1", sealed["exam"], attempt["kind"], str(attempt["session"]), sealed["variant"]]
    associated = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    nonce, box = jws.b64url_decode(sealed["nonce"]), jws.b64url_decode(sealed["box"])
    content = AESGCM(jws.b64url_decode(key)).decrypt(nonce, box, associated)
    paper: dict[str, Any] = json.loads(content)
    return paper


@dataclass
class Segment:
    """A finished piece of a recording."""

    take: str
    n: int
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def body(self) -> dict[str, Any]:
        return {"take": self.take, "n": self.n, "size": len(self.content), "sha256": self.sha256}


NUMBER = "110105203501010016"
"""An ID number of the right form, of a person not yet born."""


def photo_body(shade: int = 120, **changes: Any) -> dict[str, Any]:
    """A photograph as the page sends it: a JPEG of one colour."""
    picture = io.BytesIO()
    Image.new("RGB", (640, 480), (shade, 100, 80)).save(picture, "JPEG")
    encoded = base64.b64encode(picture.getvalue()).decode("ascii")
    return {"picture": encoded, "tries": 1, "finding": "good", **changes}


def identity_body(**changes: Any) -> dict[str, Any]:
    """What the identity step sends."""
    typed = {"name": "测试考生", "number": NUMBER}
    return {"face": photo_body(200), "card": photo_body(40), **typed, **changes}


@dataclass
class Candidate:
    """One seat, with a device key, a ticket, a browser and the epoch of its window."""

    room: RunningRoom
    kind: str = "formal"
    jti: str = field(default_factory=lambda: secrets.token_hex(16))
    key: SigningKey = field(default_factory=SigningKey.generate)
    epoch: int = -1
    attempt: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.room.url, timeout=30)
        self.ticket = self.new_ticket()

    def new_ticket(self, **changes: Any) -> str:
        device = bytes(self.key.verify_key)
        return self.room.exam.ticket(self.jti, device, self.kind, self.room.clock.now(), **changes)

    @property
    def seconds(self) -> int:
        return int(self.room.clock.now().timestamp())

    # ------------------------------------------------------------------------------------ client

    def form(self, **changes: str) -> dict[str, str]:
        """The client's form: ticket, time and proof."""
        at = self.seconds
        message = room_message(self.ticket, f"{self.room.exam.origin}/enter", at)
        proof = jws.b64url_encode(self.key.sign(message).signature)
        return {"ticket": self.ticket, "at": str(at), "proof": proof, **changes}

    def post_form(self, form: dict[str, str]) -> httpx.Response:
        return self.http.post("/enter", data=form, headers={"origin": "http://127.0.0.1:50000"})

    def enter(self) -> Candidate:
        answer = self.post_form(self.form())
        assert answer.status_code == 303, answer.text
        return self

    def enter_upload(self, grant: str, **changes: str) -> httpx.Response:
        at = self.seconds
        message = upload_message(grant, f"{self.room.exam.origin}/enter-upload", at)
        proof = jws.b64url_encode(self.key.sign(message).signature)
        return self.http.post(
            "/enter-upload", data={"grant": grant, "at": str(at), "proof": proof, **changes}
        )

    def look_body(self, sequence: int = 1, grant: str = "", **body: Any) -> dict[str, Any]:
        at, credential = self.seconds, grant or self.ticket
        message = look_message(self.room.exam.origin, credential, sequence, at, jws.canonical_json(body))
        proof = jws.b64url_encode(self.key.sign(message).signature)
        named = {"grant": grant} if grant else {"ticket": self.ticket}
        return {**named, "at": at, "sequence": sequence, "body": body, "proof": proof}

    def look(self, sequence: int = 1, grant: str = "") -> dict[str, Any]:
        answer = self.http.post("/client/v1/look", json=self.look_body(sequence, grant))
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def look_left(self) -> dict[str, int]:
        """What is left to upload, as a look with the grant says."""
        self.room.later(timedelta(seconds=1))
        grant = upload_grants.grant_of(self.room.app.state.room, self.attempt["nonce"])
        left: dict[str, int] = self.look(9, grant)["backlog"]
        return left

    # -------------------------------------------------------------------------------------- page

    def post(self, name: str, /, **body: Any) -> httpx.Response:
        """A call of the page, with its epoch."""
        body = body if name == "join" else {"epoch": self.epoch, **body}
        return self.http.post(f"/room/api/{name}", json=body, headers={"origin": self.room.exam.origin})

    def call(self, name: str, /, **body: Any) -> dict[str, Any]:
        answer = self.post(name, **body)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        self.attempt = result.get("attempt", self.attempt)
        return result

    def code(self, name: str, /, **body: Any) -> tuple[int, str]:
        """Status and code of a refused call."""
        answer = self.post(name, **body)
        return answer.status_code, answer.json().get("code", "")

    def join(self) -> dict[str, Any]:
        result = self.call("join")
        self.epoch = result["epoch"]
        return result

    def paper(self) -> dict[str, Any] | None:
        """The paper, opened as the page opens it: with the sealed box of a join, and the key."""
        joined = self.join()
        return opened(joined, joined["paper_key"])

    def agree(self) -> dict[str, Any]:
        return self.call("consent", version="1", agreed=True, face=True)

    def prepare(self) -> Candidate:
        """Enter, join, agree, and finish the steps."""
        self.enter().join()
        self.agree()
        self.call("step", step="devices", facts={"ready": True, "camera": "ok"})
        self.call("step", step="room", facts={})
        return self

    def reach_identity(self) -> Candidate:
        """Enter, join, agree, and check the devices of a room with the identity step."""
        self.enter().join()
        self.agree()
        self.call("step", step="devices", facts={"ready": True})
        return self

    @property
    def step(self) -> str:
        return str(self.attempt["step"])

    # ------------------------------------------------------------------------------- recordings

    def take_body(self, take: str, promised: int | None = None, stream: str = "camera") -> dict[str, Any]:
        began = wire(self.room.clock.now())
        return {"take": take, "stream": stream, "mime": MIME, "began_at": began, "promised": promised}

    def beat(self, **said: Any) -> dict[str, Any]:
        return self.call("beat", **said)

    def put(self, url: str, content: bytes, **headers: str) -> httpx.Response:
        """Upload to an address that names the charter's origin, at where the test's room listens."""
        assert url.startswith(self.room.exam.origin), url
        path = url.removeprefix(self.room.exam.origin)
        return self.http.put(path, content=content, headers={"content-type": "video/webm", **headers})

    def put_anywhere(self, signed: dict[str, Any], content: bytes) -> int:
        """Upload to the room or to a bucket, wherever an address leads; return the status."""
        url = str(signed["url"])
        if url.startswith(self.room.exam.origin):
            return self.put(url, content).status_code
        return httpx.put(url, content=content, headers=signed["headers"]).status_code

    def announce(self, *segments: Segment, **said: Any) -> list[dict[str, Any]]:
        """Announce segments; their addresses."""
        puts: list[dict[str, Any]] = self.beat(segments=[each.body() for each in segments], **said)["puts"]
        return puts

    def record(self, count: int = 2, stream: str = "camera", size: int = 500) -> list[Segment]:
        """Announce a take with some segments and upload them; not yet reported as stored."""
        take = secrets.token_hex(12)
        segments = [Segment(take, n, secrets.token_bytes(size)) for n in range(count)]
        puts = self.announce(*segments, takes=[self.take_body(take, stream=stream)])
        for put, segment in zip(puts, segments, strict=True):
            assert self.put(put["url"], segment.content).status_code == 201
        return segments

    def stored(self, *segments: Segment, **said: Any) -> dict[str, Any]:
        return self.beat(stored=[{"take": each.take, "n": each.n} for each in segments], **said)

    # ----------------------------------------------------------------------------------- answers

    def answer_body(
        self,
        sequence: int,
        previous: str = GENESIS,
        made_at: datetime | None = None,
        said: tuple[str, Any] = SPOKEN,
        **changes: Any,
    ) -> dict[str, Any]:
        """An answer as the page chains it; ``said`` is the question and the value."""
        hashed = {
            "question": said[0],
            "sequence": sequence,
            "previous": previous,
            "value": said[1],
            "made_at": wire(made_at or self.room.clock.now()),
        }
        digest = hashlib.sha256(jws.canonical_json({"attempt": self.attempt["nonce"], **hashed})).hexdigest()
        return {**hashed, "hash": digest, **changes}

    def hand_in(self, segments: list[Segment] | None = None, **said: Any) -> dict[str, Any]:
        counts: dict[str, int] = {}
        for each in segments or ():
            counts[each.take] = max(counts.get(each.take, 0), each.n + 1)
        takes = [{"take": take, "promised": count} for take, count in counts.items()]
        return self.call("hand-in", **{"by": "candidate", "answers_head": GENESIS, "takes": takes, **said})


Arrive = Callable[..., Candidate]
"""Makes a candidate; the test closes its connections."""


@contextlib.contextmanager
def arriving(room: RunningRoom) -> Iterator[Arrive]:
    """Yield what makes candidates of a room, and close their connections afterwards."""
    with contextlib.ExitStack() as stack:

        def arrive(kind: str = "formal", **facts: Any) -> Candidate:
            candidate = Candidate(room, kind, **facts)
            stack.enter_context(contextlib.closing(candidate.http))
            return candidate

        yield arrive
