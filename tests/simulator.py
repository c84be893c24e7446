"""Simulates candidates, honest and cheating, who use the portal like a browser and a client.

It uses real HTTP and only the portal's public interface.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from nacl.signing import SigningKey

from oneseat.client.computer.activation_traits import hash_traits
from signing import installer
from signing.documents import check_character
from signing.jws import b64url_decode, b64url_encode
from signing.tokens import activation_message, help_message, ticket_message

_TLS = ssl.create_default_context()  # made once: reading the system's authorities takes longer than a login
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass(frozen=True)
class Person:
    """A fictitious candidate."""

    name: str
    id_number: str
    admission_number: str

    @classmethod
    def number(cls, serial: int) -> Person:
        """Make a person by serial number. The ID number is well-formed, in a region that does not exist."""
        first = f"00000019900101{serial:03d}"
        return cls(f"测试考生{serial}", first + check_character(first), f"2035000{serial:05d}")

    def body(self) -> dict[str, str]:
        """The body of an API request."""
        return {
            "name": self.name,
            "id_number": self.id_number,
            "admission_number": self.admission_number,
        }


@dataclass
class Device:
    """A computer with a key pair; ``traits`` are their values by name, of which hashes are sent."""

    key: SigningKey = field(default_factory=SigningKey.generate)
    traits: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def public_key(self) -> bytes:
        return bytes(self.key.verify_key)

    def without_state(self) -> Device:
        """The same computer after its state was lost: another key, the same traits."""
        return Device(traits=self.traits)

    def activation(self, nonce: str, licence: str, identity: Person) -> dict[str, Any]:
        """The body of an activation request, signed."""
        jti = json.loads(b64url_decode(licence.split(".")[1]))["jti"] if self.traits else ""
        hashes = hash_traits(jti, self.traits)
        message = activation_message(nonce, licence, self.public_key, hashes)
        traits = {"traits": {name: b64url_encode(value) for name, value in hashes.items()}}
        return {
            **(traits if hashes else {}),
            "licence": licence,
            "id_number": identity.id_number,
            "admission_number": identity.admission_number,
            "device_key": b64url_encode(self.public_key),
            "nonce": nonce,
            "signature": b64url_encode(self.key.sign(message).signature),
        }

    def help(self, nonce: str, activation: str, act: str, content: str = "") -> dict[str, str]:
        """The body of a help request, signed."""
        message = help_message(nonce, activation, act, content)
        return {
            "activation": activation,
            "nonce": nonce,
            "act": act,
            "content": content,
            "signature": b64url_encode(self.key.sign(message).signature),
        }

    def help_headers(self, nonce: str, activation: str, act: str, content: str) -> dict[str, str]:
        """The headers of a request about a picture, signed."""
        headers = {
            "OneSeat-Activation": activation,
            "OneSeat-Nonce": nonce,
            "OneSeat-Signature": self.help(nonce, activation, act, content)["signature"],
        }
        return {**headers, "OneSeat-SHA256": content} if act == "picture" else headers

    def ticket(self, nonce: str, activation: str, kind: str) -> dict[str, str]:
        """The body of a ticket request, signed."""
        message = ticket_message(nonce, activation, kind)
        return {
            "activation": activation,
            "kind": kind,
            "nonce": nonce,
            "signature": b64url_encode(self.key.sign(message).signature),
        }


class Candidate:
    """One person with one computer in front of the portal at ``url``."""

    def __init__(self, url: str, exam: str, person: Person) -> None:
        self.exam = exam
        self.person = person
        self.device = Device()
        self.activation = ""
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False, verify=_TLS)
        self.api = f"/api/v1/exams/{exam}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def authenticate(self, **wrong: str) -> httpx.Response:
        """Request a session over the API, with the given fields replaced."""
        return self.http.post(f"{self.api}/authenticate", json={**self.person.body(), **wrong})

    def session(self) -> dict[str, Any]:
        """Open a session."""
        answer = self.authenticate()
        assert answer.status_code == 200, answer.text
        granted: dict[str, Any] = answer.json()
        return granted

    def log_in(self, **wrong: str) -> httpx.Response:
        """Log in like a browser: open the page, post the form, follow redirects."""
        login_page = self.http.get(f"/e/{self.exam}/")
        token = form_token(login_page)
        form = {**self.person.body(), "form_token": token, **wrong}
        return self.http.post(f"/e/{self.exam}/login", data=form, follow_redirects=True)

    def download(self, to: Path, *, break_after: int | None = None) -> str:
        """Download over the API and return the SHA-256; with ``break_after``, break off there and resume."""
        granted = self.session()
        offer = granted["download"]
        url = httpx.URL(offer["url"]).raw_path.decode()
        headers = {"authorization": f"Bearer {granted['session']}"}
        etag = ""
        with to.open("wb") as file:
            if break_after is not None:
                etag = self._part(url, headers, file, break_after)
                resuming = {"range": f"bytes={break_after}-", "if-range": etag}
                headers = {**headers, **resuming}
            self._part(url, headers, file, None)
        digest = hashlib.sha256(to.read_bytes()).hexdigest()
        assert digest == offer["sha256"]
        assert to.stat().st_size == offer["size"]
        return digest

    def _part(self, url: str, headers: Mapping[str, str], file: Any, limit: int | None) -> str:
        with self.http.stream("GET", url, headers=dict(headers)) as answer:
            assert answer.status_code == (206 if "range" in headers else 200), answer.read()
            taken = 0
            for piece in answer.iter_bytes(4096):
                kept = piece if limit is None else piece[: limit - taken]
                file.write(kept)
                taken += len(kept)
                if limit is not None and taken >= limit:
                    break
            return str(answer.headers["etag"])

    def nonce(self) -> str:
        """A fresh challenge."""
        answer = self.http.post(f"{self.api}/nonces", json={"client_nonce": secrets.token_urlsafe(16)})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["nonce"])

    def activate(
        self,
        licence: str,
        *,
        identity: Person | None = None,
        device: Device | None = None,
        nonce: str | None = None,
        **wrong: object,
    ) -> httpx.Response:
        """Activate with a licence; any part may be someone else's, or wrong."""
        device = device or self.device
        body = device.activation(nonce or self.nonce(), licence, identity or self.person)
        return self.http.post(f"{self.api}/activations", json={**body, **wrong})

    def activated(self, licence: str) -> str:
        """The activation that this computer got for a licence; it keeps it."""
        answer = self.activate(licence)
        assert answer.status_code == 200, answer.text
        self.activation = str(answer.json()["activation"])
        return self.activation

    def enter(self, kind: str, /, *, device: Device | None = None, **wrong: object) -> httpx.Response:
        """Ask for a ticket; the device, or any member of the request, may be another."""
        body = (device or self.device).ticket(self.nonce(), self.activation, kind)
        return self.http.post(f"{self.api}/tickets", json={**body, **wrong})

    def ticket(self, kind: str) -> str:
        """A ticket that was given."""
        answer = self.enter(kind)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["ticket"])

    def posing_as(self, other: Person) -> Person:
        """The other's admission number with one's own papers."""
        return replace(self.person, admission_number=other.admission_number)


class Room:
    """The exam room's server, which reports to the portal who started and who ended."""

    def __init__(self, candidate: Candidate, token: str) -> None:
        self._http = candidate.http
        self._room = f"{candidate.api}/room"
        self.headers = {"authorization": f"Bearer {token}"}

    def starts(self, ticket: str, **more: str) -> httpx.Response:
        """Report that the ticket's bearer takes part."""
        return self._http.post(f"{self._room}/starts", json={"ticket": ticket, **more}, headers=self.headers)

    def ends(self, ticket: str, **more: str) -> httpx.Response:
        """Report that the ticket's bearer has handed in."""
        return self._http.post(f"{self._room}/ends", json={"ticket": ticket, **more}, headers=self.headers)

    def uploads(self, ticket: str, **more: Any) -> httpx.Response:
        """Report how far the bearer's recordings are uploaded."""
        return self._http.post(f"{self._room}/uploads", json={"ticket": ticket, **more}, headers=self.headers)


def licence_in(path: Path) -> str:
    """The licence that an installer carries."""
    with path.open("rb") as file:
        return installer.read(file).licence.decode("ascii")


def form_token(page: httpx.Response) -> str:
    """The token in a page's form."""
    found = _FORM_TOKEN.search(page.text)
    assert found is not None, page.text[:2000]
    return found[1]
