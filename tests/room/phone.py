"""A phone of the room as HTTP sees one: a key on P-256, proofs, and the calls of the phone's page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from oneseat.room.services.phone import phone_proofs
from oneseat.room.services.phone.typed_identities import TypedIdentity
from signing import jws
from signing.authority.signer import sign_token
from signing.tokens import VERSION, PhoneLicence
from tests import charters
from tests.room.candidate import MIME, Candidate, Segment, wire
from tests.room.films import film
from tests.room.held_exam import EXAM, RunningRoom

DIGEST = "ab" * 32
BUILD = "phone-build"
FACTS = {"battery": 80, "charging": False, "free_mib": 9000, "backlog_mib": 0, "hidden": False}


@dataclass
class Phone:
    """One phone. ``jti`` is the seat whose owner types an identity on it."""

    room: RunningRoom
    jti: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    view: dict[str, Any] = field(default_factory=dict)
    takes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.room.url, timeout=30)

    @property
    def spki(self) -> str:
        form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return jws.b64url_encode(self.key.public_key().public_bytes(*form))

    def licence(self, **changes: Any) -> str:
        """The phone licence of its seat, as the authority signs it."""
        now = int(charters.at(2, 0).timestamp())
        ends = int(charters.at(31, 0).timestamp())
        seat = jws.b64url_encode(bytes(32))
        licence = PhoneLicence(EXAM, self.jti, BUILD, DIGEST, seat, now, now, ends, VERSION)
        signer = self.room.exam.keys.authority.signer("licence")
        return sign_token(signer, PhoneLicence.TYP, replace(licence, **changes).claims())

    # ------------------------------------------------------------------------------------ proofs

    def nonce(self) -> str:
        answer = self.post("challenge")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["nonce"])

    def sign(self, message: bytes) -> str:
        """A signature in the form of WebCrypto (IEEE P1363)."""
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return jws.b64url_encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def login_body(self, licence: str = "", **changes: Any) -> dict[str, Any]:
        nonce = str(changes.pop("nonce", "")) or self.nonce()
        proof = self.sign(phone_proofs.message("login", EXAM, nonce, licence, ""))
        body: dict[str, Any] = {"nonce": nonce, "key": self.spki, "proof": proof, "kind": "page"}
        if "pair" not in changes:
            body["identity"] = {"admission_number": self.jti, "name": "测试考生", "id_number": "x"}
        if licence:
            body |= {"kind": "app", "licence": licence, "digest": DIGEST}
        return {**body, "facts": {}, **changes}

    def log_in(self, licence: str = "", **changes: Any) -> Phone:
        self.view = self.answered(self.post("login", self.login_body(licence, **changes)))
        return self

    def come_back(self, **changes: Any) -> httpx.Response:
        nonce, phone = self.nonce(), self.view["phone"]["id"]
        proof = self.sign(phone_proofs.message("return", EXAM, nonce, "", phone))
        return self.post("return", {"phone": phone, "nonce": nonce, "proof": proof, **changes})

    # ------------------------------------------------------------------------------------- calls

    def post(self, name: str, body: dict[str, Any] | None = None, origin: str = "") -> httpx.Response:
        headers = {"origin": origin or self.room.exam.origin}
        return self.http.post(f"/phone/api/{name}", json=body or {}, headers=headers)

    def answered(self, answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code == 200, answer.text
        self.view = answer.json()
        return self.view

    def call(self, name: str, /, **body: Any) -> dict[str, Any]:
        return self.answered(self.post(name, {"epoch": self.view["phone"]["epoch"], **body}))

    def code(self, name: str, /, **body: Any) -> tuple[int, str]:
        """Status and code of a refused call."""
        answer = self.post(name, {"epoch": self.view["phone"]["epoch"], **body})
        return answer.status_code, str(answer.json().get("code", ""))

    def refused(self, **changes: Any) -> str:
        """The code of a refused login."""
        answer = self.post("login", self.login_body(**changes))
        assert answer.status_code >= 400, answer.text
        return str(answer.json()["code"])

    def agree(self) -> Phone:
        self.call("consent", version="1", agreed=True)
        return self

    def beat(self, facts: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
        return self.call("beat", facts={**FACTS, **(facts or {})}, **said)

    def take_body(self, take: str, **changes: Any) -> dict[str, Any]:
        began = wire(self.room.clock.now())
        return {"take": take, "stream": "phone", "mime": MIME, "began_at": began, **changes}

    def begin_take(self) -> str:
        """Announce a take, without a segment yet."""
        self.takes.append(secrets.token_hex(12))
        self.beat(takes=[self.take_body(self.takes[-1])])
        return self.takes[-1]

    def record(self, count: int = 1, first: int = 0, take: str = "") -> list[Segment]:
        """Announce segments of a take, and upload them; not yet reported as stored."""
        take = take or self.begin_take()
        return self.upload(*(Segment(take, first + n, secrets.token_bytes(300)) for n in range(count)))

    def film(self, count: int) -> list[Segment]:
        """Announce, upload, report and promise playable segments of the take that was begun last."""
        take = self.takes[-1]
        segments = self.upload(*(Segment(take, n, film(n)) for n in range(count)))
        self.stored(*segments)
        self.call("promise", takes=[{"take": take, "promised": count}])
        return segments

    def upload(self, *segments: Segment) -> list[Segment]:
        puts = self.beat(segments=[each.body() for each in segments])["puts"]
        for put, segment in zip(puts, segments, strict=True):
            path = put["url"].removeprefix(self.room.exam.origin)
            assert self.http.put(path, content=segment.content).status_code == 201
        return [*segments]

    def stored(self, *segments: Segment) -> dict[str, Any]:
        return self.beat(stored=[{"take": each.take, "n": each.n} for each in segments])

    def place(self) -> Phone:
        """Agree, check, sweep and place, and begin to film."""
        self.agree()
        self.call("step", step="check", facts={})
        self.begin_take()
        self.call("step", step="sweep", facts={})
        self.call("step", step="placed", facts={})
        return self

    def close(self) -> None:
        self.http.close()


def at_seat(typed: TypedIdentity) -> str:
    """A portal to whom the admission number is the seat's jti."""
    return typed.admission_number


def pair_code(candidate: Candidate) -> str:
    return str(candidate.call("phone/pair")["code"])


def pass_time(room: RunningRoom, **span: float) -> None:
    room.later(timedelta(**span))
