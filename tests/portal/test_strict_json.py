"""What arrives as JSON is parsed by the kernel's rules in every lane, and every refusal can be shown."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from signing.jws import b64url_encode, canonical_json
from tests.portal.published_exam import EXAM, PublishedExam, Running

PREFIX = f"/api/v1/exams/{EXAM}"
LANES = ["authenticate", "activations", "nonces", "check-ins", "tickets", "room/starts", "seat-lookups"]
TOKEN = "eyJhbGciOiAiRWQyNTUxOSIsICJraWQiOiAieCIsICJ0eXAiOiAiXHVkODAwIn0.e30.AA"
"""A token whose header has ``"typ": "\\ud800"``, half of a surrogate pair."""


def post(portal: Running, exam: PublishedExam, lane: str, body: bytes) -> httpx.Response:
    with portal.candidate(exam.people[0]) as candidate:
        kind = {"content-type": "application/json", "authorization": "Bearer x"}
        return candidate.http.post(f"{PREFIX}/{lane}", content=body, headers=kind)


def problem(answer: httpx.Response) -> Any:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert document["cause"]["zh"] and document["remedy"]["zh"]
    return document


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"a","name":"b"}',
        rb'{"name":"\ud800"}',
        b'{"name":' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"name":' + b"1" * 5000 + b"}",
        b'{"name":NaN}',
        b"\xff",
        b"",
    ],
    ids=["repeated", "surrogate", "deep", "huge", "nan", "bytes", "empty"],
)
def test_a_body_that_parsers_read_differently_is_refused(
    lane: str, body: bytes, portal: Running, exam: PublishedExam
) -> None:
    answer = post(portal, exam, lane, body)
    assert (answer.status_code, problem(answer)["code"]) == (400, "OS-184")
    if body:
        assert "json_invalid" in answer.text


def test_a_login_with_a_repeated_member_is_refused_and_without_it_is_taken(
    portal: Running, exam: PublishedExam
) -> None:
    person = exam.people[0]
    identity = {
        "name": person.name,
        "id_number": person.id_number,
        "admission_number": person.admission_number,
    }
    sound = canonical_json(identity)
    assert post(portal, exam, "authenticate", sound).status_code == 200
    twice = sound[:-1] + b',"name":"' + person.name.encode() + b'"}'
    assert post(portal, exam, "authenticate", twice).status_code == 400


def test_a_token_with_half_a_surrogate_pair_gets_a_problem_document(
    portal: Running, exam: PublishedExam
) -> None:
    person, some = exam.people[0], b64url_encode(bytes(32))
    with portal.candidate(person) as candidate:
        nonce = candidate.nonce()
    signature = b64url_encode(bytes(64))
    bodies = {
        "activations": {
            "licence": TOKEN,
            "id_number": person.id_number,
            "admission_number": person.admission_number,
            "device_key": some,
            "nonce": nonce,
            "signature": signature,
        },
        "tickets": {"activation": TOKEN, "kind": "mock", "nonce": nonce, "signature": signature},
        "check-ins": {
            "activation": TOKEN,
            "client_nonce": some,
            "nonce": nonce,
            "build": "x",
            "signature": signature,
        },
    }
    for lane, body in bodies.items():
        answer = post(portal, exam, lane, canonical_json(body))
        document = problem(answer)
        assert (lane, answer.status_code, document["code"]) == (lane, 400, "OS-012"), answer.text
        assert "\\ud800" not in answer.text
