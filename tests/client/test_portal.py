"""The portal as the client meets it: garbage, delays, redirects, insecure addresses."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any, Dict, Iterator, Tuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oneseat.client.computer.device import Device
from oneseat.client.errors import PortalAnswerUnusable, PortalInsecure, PortalRefused, PortalUnreachable
from oneseat.client.local.vault import Seat
from oneseat.client.online import portal as portals
from oneseat.client.online.portal import MAX_RESPONSE_BYTES, Portal, parse_problem
from oneseat.client.online.portal_sync import activate
from signing.errors import OneSeatError, code_of
from signing.jws import b64url_encode, parse_object
from signing.refusals import TokenMalformed
from signing.tokens import PortalTime
from tests.client import simulated
from tests.client.simulated import BUILD, NOW, OWNER, Authority, problem, sign
from tests.patience import PATIENCE_S

DEVICE = Device.new({"machine-guid": b"1"})


def seat(authority: Authority) -> Seat:
    return Seat(authority.jti(OWNER), authority.licence_token(OWNER), b"", DEVICE, None)


def ask(authority: Authority, timeout_s: float = 5.0) -> Any:
    return activate(Portal(authority.charter(), timeout_s), authority.charter(), seat(authority), OWNER)


@pytest.mark.parametrize(
    "url", ["https://exam.example", "http://127.0.0.1:8000", "http://localhost", "http://[::1]:80/x"]
)
def test_https_and_this_computer_are_secure(url: str) -> None:
    Portal(Authority().charter(portal_url=url))


@pytest.mark.parametrize(
    "url",
    [
        "http://exam.example",
        "http://127.0.0.1.example",
        "ftp://127.0.0.1",
        "https:///x",
        "file:///c:/x",
        "",
        "https://a@exam.example",
        "https://exam.example\\@x",
        "https://exam.example/ x",
    ],
)
def test_everything_else_is_not(url: str) -> None:
    with pytest.raises(PortalInsecure):
        Portal(Authority().charter(portal_url=url))


def test_an_activation_is_asked_for_and_believed(authority: Authority, portal: simulated.Portal) -> None:
    assert ask(authority).seat_key == authority.seat_key(OWNER)


def test_the_identity_is_in_no_address(authority: Authority, portal: simulated.Portal) -> None:
    ask(authority)
    assert not any(OWNER.admission_number in path or OWNER.id_number in path for path in portal.asked)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ((200, "text/html", b"<html>log in to the hotel</html>"), "nonces"),
        ((200, "application/json", b"{}"), "time"),
        ((200, "application/json", b'{"time": 1, "nonce": "x"}'), "time"),
        ((200, "application/json", b'{"a": 1, "a": 2}'), "nonces"),
        ((200, "application/json", b"x" * (MAX_RESPONSE_BYTES + 1)), "too long"),
        ((404, "text/html", b"<html>"), "HTTP 404"),
        ((302, "https://elsewhere.example/login", b""), "HTTP 302"),
    ],
    ids=["page", "empty", "types", "repeated", "long", "absent", "redirect"],
)
def test_garbage_is_named_as_an_unusable_answer(
    authority: Authority, portal: simulated.Portal, broken: Tuple[int, str, bytes], reason: str
) -> None:
    portal.broken = lambda _: broken
    with pytest.raises(PortalAnswerUnusable) as refused:
        ask(authority)
    assert reason in str(refused.value)


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_portal_in_trouble_counts_as_out_of_reach(
    authority: Authority, portal: simulated.Portal, status: int
) -> None:
    portal.broken = lambda _: (status, "text/html", b"<html>")
    with pytest.raises(PortalUnreachable):
        ask(authority)


def test_a_redirect_within_the_portal_is_followed(authority: Authority, portal: simulated.Portal) -> None:
    here = authority.portal_url
    portal.broken = lambda name: (
        (302, f"{here}/api/v1/exams/test/charter2", b"")
        if name == "charter"
        else (200, "application/jose", authority.charter_token().encode())
    )
    assert Portal(authority.charter()).charter_token() == authority.charter_token()


def test_nobody_listening_is_out_of_reach(authority: Authority) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        authority.portal_url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(PortalUnreachable):
        ask(authority)


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that sends one byte now and then, for ever."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(5)
        over = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                while not over.is_set():
                    connection.send(b"x")
                    over.wait(0.05)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        thread.join(PATIENCE_S)


def test_an_answer_that_drips_in_is_given_up(authority: Authority, dripping: str) -> None:
    authority.portal_url = dripping
    started = time.monotonic()
    with pytest.raises(PortalUnreachable):
        ask(authority, timeout_s=0.5)
    assert time.monotonic() - started < PATIENCE_S


def test_a_check_in_tells_the_build_and_brings_time_and_charter(
    authority: Authority, portal: simulated.Portal
) -> None:
    activation = authority.activation_token(authority.jti(OWNER), DEVICE.public_key)
    portal.published = authority.charter_token(version=3)
    answer = Portal(authority.charter()).check_in(activation, BUILD, DEVICE)
    assert (answer.now, answer.charter_version) == (int(NOW.timestamp()), 3)
    assert portal.builds_checked_in == [BUILD]


def test_a_replayed_time_is_not_believed(authority: Authority, portal: simulated.Portal) -> None:
    old = PortalTime("test", "another-nonce", int(NOW.timestamp()), 1)
    token = sign(authority.activation_key, PortalTime.TYP, old.claims())
    portal.broken = lambda _: (200, "application/json", json.dumps({"nonce": "n", "time": token}).encode())
    with pytest.raises(PortalAnswerUnusable):
        ask(authority)


@pytest.mark.parametrize("wrong", ["activation", "seat_key", "device"])
def test_an_activation_that_does_not_fit_is_not_believed(
    authority: Authority, portal: simulated.Portal, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = bytes(DEVICE.public_key) if wrong != "device" else bytes(32)
    answer = {
        "activation": authority.activation_token(authority.jti(OWNER), device),
        "seat_key": b64url_encode(authority.seat_key(OWNER)),
    }
    if wrong == "seat_key":
        answer["seat_key"] = b64url_encode(b"\1" * 9 + b"\0")
    if wrong == "activation":
        answer["activation"] = answer["activation"][:-6] + "AAAAAA"
    monkeypatch.setattr(portal, "activate", lambda _: (200, "application/json", json.dumps(answer).encode()))
    with pytest.raises(PortalAnswerUnusable):
        ask(authority)


def test_a_problem_keeps_the_portals_code_and_words() -> None:
    status, _, body = problem(409, 103, "active elsewhere", "已在另一台电脑使用")
    refusal = parse_problem(status, parse_object(body))
    assert (refusal.code, refusal.error_level, refusal.is_final) == ("OS-103", 103, True)
    assert "已在另一台电脑使用" in refusal.diagnostics("zh")


@pytest.mark.parametrize(
    ("code", "number"), [("OS-1024", 1024), ("OS-000", 51), ("OS-0", 51), ("OS-45x", 51)]
)
def test_a_code_gives_the_error_level_and_never_that_of_success(code: str, number: int) -> None:
    text = {"en": "refused", "zh": "拒绝"}
    refusal = parse_problem(403, {"code": code, "cause": text, "remedy": text})
    assert (refusal.code, refusal.error_level) == (code_of(number), number)


@pytest.mark.parametrize(
    ("status", "final"), [(403, True), (409, True), (429, False), (503, False), (408, False)]
)
def test_asking_again_helps_for_overload_only(status: int, final: bool) -> None:
    refusal = parse_problem(status, parse_object(problem(status, 199, "x", "x")[2]))
    assert refusal.is_final is final


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=30)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
TEXTS = st.fixed_dictionaries({"en": JSON, "zh": JSON})
EMPTY = {"en": "", "zh": ""}
SAID = {"en": "x", "zh": "x"}


@given(
    st.one_of(
        st.dictionaries(st.sampled_from(["code", "cause", "remedy", "title"]), JSON),
        st.fixed_dictionaries({"code": st.text(max_size=10), "cause": TEXTS, "remedy": TEXTS}),
    )
)
@example({"code": "", "cause": EMPTY, "remedy": EMPTY})
@example({"code": "OS-103", "cause": SAID, "remedy": {"en": "x", "zh": " \t"}})
@example({"code": "OS-103", "cause": {"en": "x", "zh": "x\u2028y\x85z"}, "remedy": SAID})
def test_any_document_is_a_refusal_or_malformed(document: Dict[str, Any]) -> None:
    try:
        refusal = parse_problem(400, document)
    except TokenMalformed:
        return
    assert isinstance(refusal, PortalRefused)
    cause, remedy = refusal.diagnostics("zh").splitlines()
    assert cause.strip() and remedy.strip()
    assert refusal.cause_text.zh.strip() and refusal.remedy_text.zh.strip()


@pytest.mark.parametrize("member", ["cause", "remedy"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_problem_with_an_empty_text_is_no_usable_answer(member: str, language: str) -> None:
    document = {"code": "OS-103", "cause": dict(SAID), "remedy": dict(SAID)}
    assert isinstance(portals.parse_refusal(403, json.dumps(document).encode()), PortalRefused)
    document = {**document, member: {**SAID, language: ""}}
    assert isinstance(portals.parse_refusal(403, json.dumps(document).encode()), PortalAnswerUnusable)
    assert isinstance(portals.parse_refusal(503, json.dumps(document).encode()), PortalUnreachable)


@given(st.binary(max_size=200), st.integers(300, 599))
def test_any_refusing_answer_has_a_code(body: bytes, status: int) -> None:
    assert isinstance(portals.parse_refusal(status, body), OneSeatError)


def test_a_check_in_takes_codes_with_it_and_an_older_portal_is_asked_without(
    authority: Authority, portal: simulated.Portal
) -> None:
    activation = authority.activation_token(authority.jti(OWNER), DEVICE.public_key)
    client = Portal(authority.charter())
    client.check_in(activation, BUILD, DEVICE, ["OS-044", "camera"])
    portal.of_earlier_version = True
    client.check_in(activation, BUILD, DEVICE, ["OS-044"])
    assert portal.codes_checked_in == [["OS-044", "camera"], []]
