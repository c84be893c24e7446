"""Simulated computer, authority and portal for tests: no Windows, real signatures, real HTTP.

Runs on Python 3.8 as well, so it signs with PyNaCl rather than with the server's signer.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import io
import json
import struct
import threading
import urllib.request
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from nacl.signing import SigningKey

from oneseat.client.actions import Actions
from oneseat.client.baked import Baked
from oneseat.client.computer.device import Device
from oneseat.client.computer.protocol import NotUnwrapped
from oneseat.client.computer.sleep_watch import SleepClocks
from oneseat.client.guard.sight import SeenProgram, Sight
from oneseat.client.identity import Identity
from oneseat.client.online.room import LookAnswer, LookRequest, parse_answer
from oneseat.client.run import Program, Run
from oneseat.client.sessions import session_windows
from signing import binding, der, guard_events, installer, jws, pe, region
from signing.charter import TYP as CHARTER_TYP
from signing.charter import Charter, CharterKey, ExamRoom, RoomTerms
from signing.clock import FixedClock
from signing.documents import check_character
from signing.errors import OneSeatError
from signing.fields import Fields
from signing.room_tokens import Pass, RoomTime, admission_message, look_message
from signing.tokens import (
    VERSION,
    Activation,
    Licence,
    PortalTime,
    Ticket,
    activation_message,
    check_in_message,
    help_message,
    ticket_message,
)
from tests import charters
from tests.client.health.recorded import Recorded, RecordedTrial

BUILD = "build-1"
OWN_ROOM = ExamRoom("https://room.example/enter", "", "oneseat", "https://room.example")
ROOM_TERMS = RoomTerms((bytes(SigningKey(b"\5" * 32).verify_key),), 60, 600, 60, 600, 259200)
ROOM = ExamRoom("https://room.example/enter", "")
NOW = charters.at(4, 12)


def id_number(serial: int) -> str:
    """A well-formed ID number of a region that does not exist."""
    first = f"00000019900101{serial:03d}"
    return first + check_character(first)


OWNER = Identity(id_number(1), "2035000001")
STRANGER = Identity(id_number(2), "2035000002")


class SimulatedComputer:
    """A computer with its own MachineGuid, folders and encryption key."""

    def __init__(self, folder: Path, guid: str = "guid-1") -> None:
        self.folder = folder
        self.guid: Optional[str] = guid
        self.wrapping_key = guid.encode()
        self.made: List[Path] = []
        self.other_accounts: List[Path] = []
        self.hardware: Dict[str, bytes] = {}
        self.is_window_held = False
        self.windows: List[str] = []
        self.shown: List[str] = []

    def _pad(self, length: int, entropy: bytes) -> bytes:
        return hashlib.shake_256(self.wrapping_key + entropy).digest(length)

    def wrap(self, secret: bytes, entropy: bytes) -> bytes:
        body = bytes(a ^ b for a, b in zip(secret, self._pad(len(secret), entropy)))
        return hmac.digest(self.wrapping_key + entropy, body, "sha256") + body

    def unwrap(self, blob: bytes, entropy: bytes) -> bytes:
        mac, body = blob[:32], blob[32:]
        if not hmac.compare_digest(mac, hmac.digest(self.wrapping_key + entropy, body, "sha256")):
            raise NotUnwrapped
        return bytes(a ^ b for a, b in zip(body, self._pad(len(body), entropy)))

    def traits(self) -> Mapping[str, bytes]:
        guid = {"machine-guid": self.guid.encode()} if self.guid else {}
        return {**guid, **self.hardware}

    def shared_folder(self) -> Path:
        return self.folder / "ProgramData" / "OneSeat"

    def own_folder(self) -> Path:
        return self.folder / "AppData" / "OneSeat"

    def own_folders(self) -> Sequence[Path]:
        return (self.own_folder(), *self.other_accounts)

    def make_shared_folder(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.made.append(path)

    def hold_window(self, program: Path) -> bool:
        return not self.is_window_held

    def show_window(self, titles: Sequence[str]) -> bool:
        found = [title for title in titles if title in self.windows]
        self.shown += found[:1]
        return bool(found)


def sign(key: SigningKey, typ: str, claims: Mapping[str, object]) -> str:
    """Sign a JWS as the authority and the portal do."""
    message = jws.signing_input(jws.thumbprint(bytes(key.verify_key)), typ, claims)
    return f"{message.decode()}.{jws.b64url_encode(key.sign(message).signature)}"


@dataclass
class Authority:
    """The exam's keys, and tokens signed with them."""

    root: SigningKey = field(default_factory=lambda: SigningKey(b"\1" * 32))
    licence_key: SigningKey = field(default_factory=lambda: SigningKey(b"\2" * 32))
    activation_key: SigningKey = field(default_factory=lambda: SigningKey(b"\3" * 32))
    ticket_key: SigningKey = field(default_factory=lambda: SigningKey(b"\4" * 32))
    secret: bytes = bytes(64)
    portal_url: str = "http://127.0.0.1:9"

    def charter(self, **changes: Any) -> Charter:
        keys = (
            CharterKey("licence", bytes(self.licence_key.verify_key)),
            CharterKey("activation", bytes(self.activation_key.verify_key)),
            CharterKey("ticket", bytes(self.ticket_key.verify_key)),
        )
        changes.setdefault("portal_url", self.portal_url)
        changes.setdefault("exam_room", ROOM)
        return replace(charters.charter(*keys, builds=(BUILD,)), **changes)

    def charter_token(self, **changes: Any) -> str:
        return sign(self.root, CHARTER_TYP, self.charter(**changes).claims())

    def own_room_token(self) -> str:
        """A charter whose exam room is this project's own."""
        return self.charter_token(exam_room=OWN_ROOM, room=ROOM_TERMS)

    def seat_key(self, identity: Identity, generation: int = 1) -> bytes:
        return binding.derive_seat_key(self.secret, self.jti(identity, generation))

    def jti(self, identity: Identity, generation: int = 1) -> str:
        return binding.derive_jti(self.secret, identity.admission_number, generation)

    def install_code(self, identity: Identity) -> str:
        return binding.install_code(self.seat_key(identity))

    def licence(self, identity: Identity, generation: int = 1, **changes: Any) -> Licence:
        key = self.seat_key(identity, generation)
        tag = binding.seat_tag(key, identity.id_number, identity.admission_number)
        issued = int((NOW - timedelta(days=1)).timestamp()) + generation
        licence = Licence(
            exam="test",
            jti=self.jti(identity, generation),
            build=BUILD,
            base=BASE_DIGEST,
            seat=jws.b64url_encode(tag),
            iat=issued,
            nbf=issued,
            exp=int(self.charter().ends.timestamp()),
            v=1,
        )
        return replace(licence, **changes)

    def licence_token(self, identity: Identity, generation: int = 1, **changes: Any) -> str:
        return sign(self.licence_key, Licence.TYP, self.licence(identity, generation, **changes).claims())

    def activation_token(self, jti: str, device_key: bytes) -> str:
        claims = Activation("test", jti, jws.b64url_encode(device_key), int(NOW.timestamp()), 1).claims()
        return sign(self.activation_key, Activation.TYP, claims)


def installer_bytes(licence: bytes, body: bytes = b"\x90" * 512) -> bytes:
    """The smallest file in an installer's form: PE32+ headers, a body, a signature block with a region.

    No signature is in it: Windows checks that one; the client checks form, checksum and digest.
    """
    pkcs7 = _signature_block(bytes(1024))
    headers = bytearray(b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(20 + 240))
    table_at = len(headers) + len(body)
    struct.pack_into("<H", headers, 88, 0x20B)
    struct.pack_into("<I", headers, 88 + 108, 16)
    struct.pack_into("<II", headers, 88 + 112 + 32, table_at, 8 + len(pkcs7))
    table = struct.pack("<IHH", 8 + len(pkcs7), 0x0200, 0x0002) + pkcs7
    file = bytearray(bytes(headers) + body + table)
    place = region.locate(io.BytesIO(bytes(file)))
    file[place.offset :] = region.pack(licence, place, region.REGION_SUMS[0])
    layout = pe.read_layout(io.BytesIO(bytes(file)))
    checksum = pe.fold(installer.checksum_residue(io.BytesIO(bytes(file)), layout)) + len(file)
    struct.pack_into("<I", file, layout.checksum_at, checksum)
    return bytes(file)


def _signature_block(value: bytes) -> bytes:
    attribute = der.encode(
        der.SEQUENCE, region.OID + der.encode(der.SET, der.encode(der.OCTET_STRING, value))
    )
    plain = der.encode(0x02, b"\1")
    signer = der.encode(der.SEQUENCE, plain * 5 + der.encode(der.CONTEXT_1, attribute))
    signed = der.encode(der.SEQUENCE, plain * 3 + der.encode(der.SET, signer))
    kind = der.object_identifier(1, 2, 840, 113549, 1, 7, 2)
    return der.encode(der.SEQUENCE, kind + der.encode(der.CONTEXT_0, signed))


BASE_DIGEST = installer.authenticode_sha256(io.BytesIO(installer_bytes(b"")))


@dataclass
class Portal:
    """Portal on loopback. The first device activates a seat; tests set ``broken`` to make it fail.

    ``of_earlier_version`` refuses requests with trait hashes, proofs or codes, as portals did before they
    knew them. Without ``answers_empty`` it refuses to read a request that there is none of.
    """

    authority: Authority
    winners: Dict[str, str] = field(default_factory=dict)
    revoked: List[str] = field(default_factory=list)
    published: Optional[str] = None
    asked: List[str] = field(default_factory=list)
    received: List[int] = field(default_factory=list)
    builds_checked_in: List[str] = field(default_factory=list)
    codes_checked_in: List[List[str]] = field(default_factory=list)
    helped: List[Dict[str, Any]] = field(default_factory=list)
    help_request: Optional[Dict[str, Any]] = None
    pictures: Dict[int, bytes] = field(default_factory=dict)
    picture_refusal: Optional[Tuple[int, str, bytes]] = None
    activations: List[Dict[str, Any]] = field(default_factory=list)
    recorded_traits: Dict[str, Dict[str, str]] = field(default_factory=dict)
    of_earlier_version: bool = False
    answers_empty: bool = True
    broken: Optional[Callable[[str], Tuple[int, str, bytes]]] = None
    now: datetime = NOW
    warning: Optional[Dict[str, str]] = None
    mock: Optional[str] = None
    terms: Optional[str] = None
    delayed: bool = False
    """Others failed to activate: only a device that knows the seat's key is not told to wait."""

    def __enter__(self) -> Portal:  # noqa: PYI034 -- Self is not in Python 3.8
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                portal.serve(self, b"")

            def do_POST(self) -> None:
                portal.serve(self, self.rfile.read(int(self.headers["Content-Length"])))

            def do_DELETE(self) -> None:
                portal.serve(self, b"")

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.authority.portal_url = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        name = handler.path.rsplit("/", 1)[-1]
        self.asked.append(handler.path)
        if self.broken:
            status, kind, answer = self.broken(name)
        elif "/device-help/pictures" in handler.path:
            status, kind, answer = self.picture(handler, body)
        else:
            status, kind, answer = self.answer(name, body)
        handler.send_response(status)
        if kind.startswith("http"):
            handler.send_header("Location", kind)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def answer(self, name: str, body: bytes) -> Tuple[int, str, bytes]:
        if name.startswith("speed"):
            wanted = name.partition("bytes=")[2]
            if wanted:
                return 200, "application/octet-stream", bytes(int(wanted))
            self.received.append(len(body))
            return _json(200, {"bytes": len(body)})
        if name == "charter":
            token = self.published or self.authority.charter_token()
            return 200, "application/jose", token.encode()
        asked = json.loads(body)
        if name == "nonces":
            time = PortalTime("test", asked["client_nonce"], int(self.now.timestamp()), 1)
            token = sign(self.authority.activation_key, PortalTime.TYP, time.claims())
            return _json(200, {"nonce": "portal-nonce", "time": token})
        if name.startswith("device-help") and self.of_earlier_version:
            return problem(404, 186, "no such page", "页面不存在")
        handlers = {
            "device-help": self.help,
            "tickets": self.let_in,
            "check-ins": self.checked_in,
            "activations": self.activate,
        }
        answer = handlers[name.partition("?")[0]](asked)
        return self._or_empty(answer) if name.endswith("?empty_ok=true") else answer

    def _or_empty(self, answer: Tuple[int, str, bytes]) -> Tuple[int, str, bytes]:
        """What the real portal answers instead of a 404 where there is no request."""
        is_empty = self.answers_empty and self.help_request is None and answer[0] == 404
        return _json(200, {"has_request": False}) if is_empty else answer

    def checked_in(self, asked: Dict[str, Any]) -> Tuple[int, str, bytes]:
        """Response to a check-in: signed time and charter version."""
        activation = Activation.parse(json.loads(jws.b64url_decode(asked["activation"].split(".")[1])))
        message = check_in_message("portal-nonce", asked["activation"], asked["client_nonce"], asked["build"])
        public = jws.b64url_decode(activation.device)
        jws.verify_bytes(message, jws.b64url_decode(asked["signature"]), public)
        if self.of_earlier_version and "codes" in asked:
            return problem(400, 184, "not well formed", "格式不正确")
        self.builds_checked_in.append(asked["build"])
        self.codes_checked_in.append(asked.get("codes", []))
        if activation.jti in self.revoked:
            return problem(403, 179, "seat revoked", "已被取消")
        time = PortalTime("test", asked["client_nonce"], int(self.now.timestamp()), 1)
        token = sign(self.authority.activation_key, PortalTime.TYP, time.claims())
        charter = self.published or self.authority.charter_token()
        version = json.loads(jws.b64url_decode(charter.split(".")[1]))["version"]
        says = {} if self.mock is None else {"mock": self.mock}
        says.update({} if self.terms is None else {"terms": self.terms})
        return _json(200, {"time": token, "charter_version": version, **says})

    def help(self, asked: Dict[str, Any]) -> Tuple[int, str, bytes]:
        """One request of the seat, as the real portal answers it."""
        activation = Activation.parse(json.loads(jws.b64url_decode(asked["activation"].split(".")[1])))
        message = help_message("portal-nonce", asked["activation"], asked["act"], asked["content"])
        public = jws.b64url_decode(activation.device)
        jws.verify_bytes(message, jws.b64url_decode(asked["signature"]), public)
        if asked["act"] == "submit" and not (self.help_request or {}).get("open"):
            self.helped.append(json.loads(asked["content"]))
            self.help_request = help_answer()
        if self.help_request is None:
            return problem(404, 962, "no such request", "没有找到这个求助单。")
        if asked["act"] == "withdraw":
            words = {"en": "Withdrawn", "zh": "已撤回"}
            self.help_request.update(open=False, status="withdrawn", status_words=words, place=None)
        listed = {} if "pictures" in self.help_request else {"pictures": self.picture_list()}
        return _json(200, {**self.help_request, **listed})

    def picture(self, handler: BaseHTTPRequestHandler, body: bytes) -> Tuple[int, str, bytes]:
        """Add or remove a picture, as the real portal does."""
        token = handler.headers["OneSeat-Activation"]
        activation = Activation.parse(json.loads(jws.b64url_decode(token.split(".")[1])))
        is_added, digest = handler.command == "POST", hashlib.sha256(body).hexdigest()
        picture_id = 0 if is_added else int(handler.path.rsplit("/", 1)[-1])
        act, content = ("picture", digest) if is_added else ("remove-picture", str(picture_id))
        message = help_message(handler.headers["OneSeat-Nonce"], token, act, content)
        signature = jws.b64url_decode(handler.headers["OneSeat-Signature"])
        jws.verify_bytes(message, signature, jws.b64url_decode(activation.device))
        if self.picture_refusal is not None:
            return self.picture_refusal
        if is_added and body not in self.pictures.values():
            self.pictures[max(self.pictures, default=0) + 1] = body
        self.pictures.pop(picture_id, None)
        return _json(200, self.picture_list())

    def picture_list(self, **changes: Any) -> Dict[str, Any]:
        """The pictures as the real portal lists them."""
        listed = [{"id": number, "added_at": "2035-01-04T12:00:00+08:00"} for number in self.pictures]
        now = {"may_add": len(listed) < 3, "may_take_away": True, "not_before": None}
        return {"pictures": listed, "most": 3, **now, **changes}

    def let_in(self, asked: Dict[str, Optional[str]]) -> Tuple[int, str, bytes]:
        """A ticket for the session of the kind asked for that runs at :attr:`now`."""
        token, kind = asked["activation"], str(asked["kind"])
        if token is None:
            return problem(403, 183, "not confirmed", "尚未确认")
        activation = Activation.parse(json.loads(jws.b64url_decode(token.split(".")[1])))
        signature, public = jws.b64url_decode(str(asked["signature"])), jws.b64url_decode(activation.device)
        jws.verify_bytes(ticket_message("portal-nonce", token, kind), signature, public)
        window = session_windows.current_window(self.authority.charter(), kind, self.now)
        if window is None or not window.is_open(self.now):
            return problem(403, 200, "not open yet", "尚未开放")
        ends = int(window.ends.timestamp())
        ticket = Ticket(
            "test", activation.jti, activation.device, kind, "0", int(self.now.timestamp()), ends, 1
        )
        signed = sign(self.authority.ticket_key, Ticket.TYP, ticket.claims())
        ended = window.ends.isoformat(timespec="seconds")
        return _json(200, {"ticket": signed, "session_ends": ended, "warning": self.warning})

    def activate(self, asked: Dict[str, Any]) -> Tuple[int, str, bytes]:
        self.activations.append(asked)
        traits: Dict[str, str] = asked.get("traits", {})
        if self.of_earlier_version and {"traits", "seat_key_proof"} & asked.keys():
            return problem(400, 184, "not well formed", "格式不正确")
        public = jws.b64url_decode(asked["device_key"])
        signature = jws.b64url_decode(asked["signature"])
        hashes = {name: jws.b64url_decode(value) for name, value in traits.items()}
        message = activation_message("portal-nonce", asked["licence"], public, hashes)
        jws.verify_bytes(message, signature, public)
        licence = Licence.parse(json.loads(jws.b64url_decode(asked["licence"].split(".")[1])))
        identity = Identity.typed(asked["id_number"], asked["admission_number"])
        key = next(
            (
                k
                for k in (self.authority.seat_key(identity, n) for n in (1, 2))
                if _fits(licence, k, identity)
            ),
            None,
        )
        if self.delayed and (key is None or asked.get("seat_key_proof") != _proof(key, public)):
            return problem(429, 171, "too many attempts", "请稍候")
        if key is None:
            return problem(401, 170, "not a candidate", "信息不符")
        return self._bind(licence.jti, public, key, traits)

    def _bind(self, jti: str, public: bytes, key: bytes, traits: Dict[str, str]) -> Tuple[int, str, bytes]:
        if jti in self.revoked:
            return problem(403, 179, "seat revoked", "已被取消")
        if self.winners.setdefault(jti, jws.b64url_encode(public)) != jws.b64url_encode(public):
            if len(traits.items() & self.recorded_traits[jti].items()) < 3:
                return problem(409, 103, "active elsewhere", "已在另一台电脑使用")
            self.winners[jti] = jws.b64url_encode(public)
        self.recorded_traits[jti] = traits
        activation = self.authority.activation_token(jti, public)
        return _json(200, {"activation": activation, "seat_key": jws.b64url_encode(key)})


def _proof(key: bytes, public: bytes) -> str:
    return jws.b64url_encode(binding.seat_key_proof(key, "portal-nonce", public))


def _fits(licence: Licence, key: bytes, identity: Identity) -> bool:
    tag = binding.seat_tag(key, identity.id_number, identity.admission_number)
    return jws.b64url_encode(tag) == licence.seat


def help_answer(**changes: Any) -> Dict[str, Any]:
    """A help request just submitted, as the portal shows it."""
    return {
        "number": "12345678",
        "reason": "device",
        "status": "submitted",
        "status_words": {"en": "Submitted", "zh": "已提交"},
        "open": True,
        "submitted_at": "2035-01-04T12:00:00+08:00",
        "place": 3,
        "wait_minutes": 10,
        "callback": "138****1234",
        "calls_from": ["010-00000001"],
        "answers": [],
        "incidents": [],
        **changes,
    }


def _json(status: int, value: object, kind: str = "application/json") -> Tuple[int, str, bytes]:
    return status, kind, json.dumps(value).encode()


def problem(status: int, number: int, en: str, zh: str) -> Tuple[int, str, bytes]:
    """An RFC 9457 problem document as the portal writes it."""
    text = {"en": en, "zh": zh}
    body = {
        "type": f"https://example.invalid/errors/{number}",
        "title": en,
        "status": status,
        "code": f"OS-{number:03d}",
        "cause": text,
        "remedy": text,
    }
    return _json(status, body, "application/problem+json")


def fetch(url: str) -> None:
    """Load an address without a proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError), opener.open(url, timeout=5) as response:
        response.read()


@dataclass
class RecordedOpener:
    """Opener that records its calls; ``fails`` makes them raise.

    ``fetches`` makes it load the page as a browser does.
    """

    browsed: List[str] = field(default_factory=list)
    started: List[Tuple[str, bytes]] = field(default_factory=list)
    awake: List[bool] = field(default_factory=list)
    after_logon: List[bool] = field(default_factory=list)
    browsers: List[Tuple[str, ...]] = field(default_factory=list)
    minimised: List[bool] = field(default_factory=list)
    ended: List[Path] = field(default_factory=list)
    stays: bool = False
    """Whether a browser cannot be ended."""
    fails: bool = False
    fetches: bool = False
    shutdown_reasons: List[Optional[str]] = field(default_factory=list)
    clocks: SleepClocks = field(default_factory=lambda: SleepClocks(0, 0))

    def browse(self, url: str) -> None:
        if self.fails:
            raise OSError(2, "no browser")
        self.browsed.append(url)
        if self.fetches:
            threading.Thread(target=fetch, args=(url,), daemon=True).start()

    def start(self, program: str, line: bytes) -> None:
        if self.fails:
            raise OSError(2, "no program")
        self.started.append((program, line))

    def start_browser(self, command: Sequence[str], *, minimised: bool) -> None:
        if self.fails:
            raise OSError(2, "no browser")
        self.browsers.append(tuple(command))
        self.minimised.append(minimised)

    def end_browser(self, profile: Path) -> bool:
        self.ended.append(profile)
        return not self.stays

    def start_after_logon(self, *, on: bool) -> None:
        self.after_logon.append(on)
        if self.fails:
            raise OSError(5, "not writable")

    def block_shutdown(self, reason: Optional[str]) -> None:
        self.shutdown_reasons.append(reason)

    def keep_awake(self, *, on: bool) -> None:
        self.awake.append(on)

    def sleep_clocks(self) -> SleepClocks:
        return self.clocks


USUAL_SIGHT = Sight(
    programs=(SeenProgram("explorer.exe", "EXPLORER.EXE.MUI"), SeenProgram("msedge.exe", "msedge.exe")),
    screens=1,
    is_remote=False,
    foreground="msedge.exe",
    clipboard=7,
    clipboard_has_picture=False,
    browser_windows=1,
    on_mains=True,
    battery_percent=90,
    clocks=SleepClocks(0, 0),
    wall_s=1000.0,
)


@dataclass
class RecordedSight:
    """The guard's probe with recorded values; each look is two seconds later."""

    sight: Sight = USUAL_SIGHT
    profiles: List[Path] = field(default_factory=list)

    def look(self, profile: Path) -> Sight:
        self.profiles.append(profile)
        self.later(2)
        return self.sight

    def later(self, seconds: float) -> None:
        elapsed_s, awake_s, wake_ups = self.sight.clocks
        clocks = SleepClocks(elapsed_s + seconds, awake_s + seconds, wake_ups)
        self.sight = replace(self.sight, clocks=clocks, wall_s=self.sight.wall_s + seconds)

    def change(self, **changes: Any) -> None:
        self.sight = replace(self.sight, **changes)


@dataclass
class RecordedRoom:
    """An exam room that answers looks with recorded JSON, and checks their signatures."""

    origin: str = "https://room.example"
    now: datetime = NOW
    window_seen_at: Optional[datetime] = None
    attempt: Optional[Dict[str, Any]] = None
    left: int = 0
    grant: str = ""
    until: datetime = NOW + timedelta(days=3)
    refusal: Optional[OneSeatError] = None
    guard: Optional[Dict[str, Any]] = None
    """The room's word about the guard; it acknowledges what comes."""
    given: Dict[str, Any] = field(default_factory=dict)
    """Other claims of the next pass."""
    time_claims: Dict[str, Any] = field(default_factory=dict)
    """Other claims of the next signed time."""
    key: SigningKey = field(default_factory=lambda: SigningKey(b"\5" * 32))
    reported: List[Dict[str, Any]] = field(default_factory=list)
    present: Optional[List[Dict[str, str]]] = None
    asked: List[Tuple[str, str]] = field(default_factory=list)
    proofs: List[str] = field(default_factory=list)

    def look(self, request: LookRequest, device: Device) -> LookAnswer:
        members = request.signed(self.origin, device)
        credential = members[request.name]
        body = jws.canonical_json(members["body"])
        message = look_message(self.origin, credential, members["sequence"], members["at"], body)
        jws.verify_bytes(message, jws.b64url_decode(members["proof"]), device.public_key)
        assert members["proof"] not in self.proofs, "a signature is taken once"
        self.proofs.append(members["proof"])
        self.asked.append((request.name, credential))
        if self.refusal is not None:
            raise self.refusal
        self.take_in(members["body"])
        return parse_answer(json.dumps(self.answer()).encode())

    def time(self, nonce: str) -> str:
        if self.refusal is not None:
            raise self.refusal
        claims = {"exam": "test", "nonce": nonce, "now": int(self.now.timestamp()), "v": VERSION}
        return sign(self.key, RoomTime.TYP, {**claims, **self.time_claims})

    def admit(self, activation: str, kind: str, at: int, device: Device) -> str:
        message = admission_message(self.origin, activation, kind, at)
        jws.verify_bytes(message, device.sign(message), device.public_key)
        self.asked.append(("admission", kind))
        if self.refusal is not None:
            raise self.refusal
        claims = jws.parse_object(jws.b64url_decode(activation.split(".")[1]))
        given = {**claims, "kind": kind, "session": "0", "exp": at + 3600, "iat": at, **self.given}
        return sign(self.key, Pass.TYP, given)

    def guards(self, attempt: str = "a" * 32, *, watch: bool = True) -> None:
        """From now on the guard has something to do, or no longer."""
        known = self.guard or {"attempt": attempt, "sequence": 0, "head": guard_events.genesis(attempt)}
        self.guard = {**known, "watch": watch}

    def take_in(self, body: Dict[str, Any]) -> None:
        """Keep the guard's events, whose chain must be whole."""
        self.present = body.get("present")
        for each in body.get("events", ()):
            assert self.guard is not None
            event = guard_events.parse(Fields(each))
            assert (event.sequence, event.previous) == (self.guard["sequence"] + 1, self.guard["head"])
            self.guard.update(sequence=event.sequence, head=event.hash(self.guard["attempt"]))
            self.reported.append(each)

    def answer(self) -> Dict[str, Any]:
        """As the room writes it, times in UTC with milliseconds."""
        grant = {"grant": self.grant, "until": wire(self.until)} if self.grant else None
        left = {"segments": -(-self.left // 1000), "bytes": self.left}
        return {
            "now": wire(self.now),
            "window_seen_at": self.window_seen_at and wire(self.window_seen_at),
            "attempt": self.attempt,
            "backlog": left if self.attempt else None,
            "upload": grant,
            "guard": self.guard,
        }

    def be(self, step: str, **times: datetime) -> None:
        """Set the attempt's step and times."""
        names = ("starts_at", "ends_at", "handed_in_at", "completed_at", "paused_until")
        shown = {name: wire(times[name]) if name in times else None for name in names}
        self.attempt = {"step": step, **shown}


def wire(moment: datetime) -> str:
    """A time as the room writes it."""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Installation:
    """A simulated computer with the program installed, in a folder of the test."""

    folder: Path
    authority: Authority
    computer: SimulatedComputer
    program: Program
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    log: List[str] = field(default_factory=list)
    health: Recorded = field(default_factory=Recorded)
    opener: RecordedOpener = field(default_factory=RecordedOpener)
    room: RecordedRoom = field(default_factory=RecordedRoom)
    sight: RecordedSight = field(default_factory=RecordedSight)

    @classmethod
    def at(cls, folder: Path, authority: Authority, guid: str = "guid-1") -> Installation:
        program = folder / "program"
        program.mkdir(parents=True, exist_ok=True)
        (program / "charter.jws").write_text(authority.charter_token())
        baked = Baked(bytes(authority.root.verify_key), BUILD)
        return cls(folder, authority, SimulatedComputer(folder, guid), Program(program, baked))

    def installer(self, licence_token: str, name: str = "installer.exe") -> Path:
        path = self.folder / name
        path.write_bytes(installer_bytes(licence_token.encode()))
        return path

    def run(self, answers: Optional[Dict[str, str]] = None) -> Run:
        """Create a run, as at a start of the program."""
        return Run(self.program, self.computer, self.clock, answers or {})

    def actions(self, answers: Optional[Dict[str, str]] = None) -> Actions:
        """The actions of a new run."""
        return self.actions_of(self.run(answers))

    def actions_of(self, run: Run) -> Actions:
        """The actions of a run, with this computer's probes and opener."""
        return Actions(
            run,
            probes_for=lambda _: self.health.probes(),
            opener_for=lambda: self.opener,
            room_for=lambda _: self.room,
            sight_for=lambda: self.sight,
            trial_for=lambda _: RecordedTrial(),
        )
