"""The corpus: what each parser reads in earnest, made by the simulated authority. Run to write it anew.

.venv/bin/python -m tests.fuzz.seeds
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from nacl.signing import SigningKey

from oneseat.client.local.storage import frame_blob
from signing import jws
from signing.tokens import Activation, Licence, PortalTime, Ticket
from tests.client import test_traits as recorded
from tests.client.health.test_readings import APFS, LINUX, layout
from tests.client.simulated import NOW, OWNER, Authority, installer_bytes, problem, sign
from tests.signing.simulated_apks import simulated_apk

CORPUS = Path(__file__).with_name("corpus")
SECONDS = int(NOW.timestamp())


def _tokens(authority: Authority) -> Mapping[str, tuple[SigningKey, str, Mapping[str, object]]]:
    jti, key = authority.jti(OWNER), jws.b64url_encode(bytes(32))
    return {
        "licence": (authority.licence_key, Licence.TYP, authority.licence(OWNER).claims()),
        "activation": (
            authority.activation_key,
            Activation.TYP,
            Activation("test", jti, key, SECONDS, 1).claims(),
        ),
        "ticket": (
            authority.ticket_key,
            Ticket.TYP,
            Ticket("test", jti, key, "mock", "0", SECONDS, SECONDS + 60, 1).claims(),
        ),
        "time": (
            authority.activation_key,
            PortalTime.TYP,
            PortalTime("test", "nonce-nonce-nonce", SECONDS, 1).claims(),
        ),
    }


def _state() -> Iterator[bytes]:
    fingerprint = {
        "salt": jws.b64url_encode(bytes(16)),
        "parts": {"machine-guid": jws.b64url_encode(bytes(32))},
    }
    yield _json({"v": 1, "key": jws.b64url_encode(b"\5" * 32), "fingerprint": fingerprint})
    yield _json({"v": 1, "licence": "a.b.c", "seat_key": jws.b64url_encode(bytes(10)), "activation": None})


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def seeds() -> Mapping[str, list[bytes]]:
    """The seeds of every target, always the same."""
    authority = Authority()
    signed = {name: sign(*parts).encode() for name, parts in _tokens(authority).items()}
    plain = {name: _json(parts[2]) for name, parts in _tokens(authority).items()}
    answer = {"nonce": "portal-nonce", "time": signed["time"].decode()}
    ticket = {"ticket": signed["ticket"].decode(), "session_ends": NOW.isoformat(), "warning": None}
    active = {"activation": signed["activation"].decode(), "seat_key": jws.b64url_encode(bytes(10))}
    table = recorded.firmware()
    return {
        "installer_region": [installer_bytes(signed["licence"]), installer_bytes(b"")],
        "phone_app": [simulated_apk(signed["licence"]), simulated_apk(b"")],
        "token": list(signed.values()),
        "claims": list(plain.values()),
        "charter_token": [authority.charter_token().encode()],
        "charter_claims": [_json(authority.charter().claims())],
        "state_file": [frame_blob(content) for content in _state()],
        "state_content": list(_state()),
        "api_answer": [_json(answer), _json(ticket), _json(active), authority.charter_token().encode()],
        "problem": [problem(403, 200, "not open yet", "尚未开放")[2]],
        "firmware": [table, recorded.descriptor(b"S3YJNX0K512345")],
        "partitions": [layout(0, b"\x07", b"\x83"), layout(1, LINUX.bytes_le, APFS.bytes_le)],
        "answers_file": [
            "id_number=000000199001010010\nadmission_number=1\n".encode(enc) for enc in ("utf-8", "utf-16")
        ],
        "typed": [authority.install_code(OWNER).encode(), b"000000199001010010", "·Ｘ１".encode()],
    }


def write(folder: Path = CORPUS) -> None:
    """Write every seed to a file of its own: ``<target>/seed-<number>``."""
    for target, contents in seeds().items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(contents, start=1):
            (folder / target / f"seed-{number}").write_bytes(content)


if __name__ == "__main__":
    write()
