"""Activation hands the seat key to the seat's owner, on one device, and refuses all others."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from oneseat.state.candidates import activations, login_budget
from signing.authority.signer import sign_token
from signing.binding import seat_key_proof
from signing.clock import FixedClock
from signing.jws import b64url_decode, b64url_encode
from signing.tokens import Activation, Licence, PortalTime
from tests.portal.published_exam import BUILD, EXAM, INSIDE, SECOND, PublishedExam, Running, running
from tests.simulator import Candidate, Device, licence_in

COMPUTER = {
    "machine-guid": b"6f0d7c2e",
    "system-uuid": bytes(range(16)),
    "board-serial": b"pf1b2c3d",
    "system-disk": b"s3yjnx0k512345",
    "system-volume": b"1a2b3c4d",
}
"""A computer's traits."""


def code(answer: object) -> str:
    return str(answer.json()["code"])  # type: ignore[attr-defined]


def test_a_candidate_downloads_activates_and_gets_a_verifiable_activation(
    portal: Running, exam: PublishedExam, tmp_path: Path
) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        candidate.download(tmp_path / "setup.exe")
        answer = candidate.activate(licence_in(tmp_path / "setup.exe"))
    assert answer.status_code == 200
    said = answer.json()
    assert b64url_decode(said["seat_key"]) == exam.seat_key(exam.people[0])
    activation = Activation.verify(said["activation"], exam.charter.keys_for("activation"))
    assert activation.jti == exam.jti(exam.people[0])
    assert b64url_decode(activation.device) == candidate.device.public_key


def test_the_same_device_gets_the_same_activation_and_another_device_none(
    portal: Running, exam: PublishedExam
) -> None:
    licence = exam.licence(exam.people[0])
    with portal.candidate(exam.people[0]) as candidate:
        first = candidate.activate(licence)
        portal.at(INSIDE + timedelta(hours=3))
        again = candidate.activate(licence)
        other = candidate.activate(licence, device=Device())
    assert again.json() == first.json()
    assert (other.status_code, code(other)) == (409, "OS-103")
    assert "seat_key" not in other.json()


@pytest.mark.parametrize("portals", [1, 2])
def test_of_a_hundred_devices_at_once_exactly_one_wins(exam: PublishedExam, portals: int) -> None:
    person = exam.people[0]
    licence = exam.licence(person)
    settings = exam.settings()
    with running(settings, FixedClock(INSIDE)) as first, running(settings, FixedClock(INSIDE)) as second:
        urls = [first.url, second.url][:portals]

        def claim(number: int) -> tuple[int, str]:
            with Candidate(urls[number % portals], EXAM, person) as candidate:
                answer = candidate.activate(licence)
                return answer.status_code, answer.json().get("code", answer.json().get("activation"))

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(claim, range(100)))
    won = [token for status, token in answers if status == 200]
    lost = [refusal for status, refusal in answers if status != 200]
    assert len(won) == 1
    assert lost == ["OS-103"] * 99
    with exam.database.reading() as connection:
        held = activations.find(connection, exam.jti(person))
    assert held is not None
    assert held.token == won[0]


def test_someone_elses_identity_gets_no_key_and_spends_the_budget(
    portal: Running, exam: PublishedExam
) -> None:
    owner, stranger = exam.people[:2]
    with portal.candidate(stranger) as thief:
        for identity in (stranger, thief.posing_as(owner)):
            answer = thief.activate(exam.licence(owner), identity=identity)
            assert (answer.status_code, code(answer)) == (403, "OS-021")
            assert "seat_key" not in answer.json()
    with exam.database.reading() as connection:
        subject = login_budget.activation_subject(exam.pepper, EXAM, exam.jti(owner))
        assert login_budget.failures(connection, subject) == 2
        assert activations.find(connection, exam.jti(owner)) is None


def test_activations_budget_delays_and_never_locks_and_login_does_not_feel_it(
    portal: Running, exam: PublishedExam
) -> None:
    owner, stranger = exam.people[:2]
    with portal.candidate(stranger) as thief, portal.candidate(owner) as candidate:
        for _ in range(5):
            assert thief.activate(exam.licence(owner), identity=stranger).status_code == 403
        delayed = candidate.activate(exam.licence(owner))
        assert (delayed.status_code, code(delayed)) == (429, "OS-171")
        wait_s = int(delayed.headers["retry-after"])
        assert 0 < wait_s <= 5
        assert candidate.authenticate().status_code == 200
        portal.at(INSIDE + timedelta(seconds=wait_s) - SECOND)
        assert candidate.activate(exam.licence(owner)).status_code == 429
        portal.at(INSIDE + timedelta(seconds=wait_s))
        assert candidate.activate(exam.licence(owner)).status_code == 200


def test_who_knows_the_seat_key_passes_the_delay_of_wrong_activations(
    portal: Running, exam: PublishedExam
) -> None:
    """A thief of the installer keeps its owner waiting, but not an owner who has the install code."""
    owner, stranger = exam.people[:2]
    licence, key = exam.licence(owner), exam.seat_key(owner)
    subject = login_budget.activation_subject(exam.pepper, EXAM, exam.jti(owner))
    with portal.candidate(stranger) as thief, portal.candidate(owner) as candidate:

        def proof(seat_key: bytes, nonce: str, device: Device = candidate.device) -> str:
            return b64url_encode(seat_key_proof(seat_key, nonce, device.public_key))

        for _ in range(5):
            assert thief.activate(licence, identity=stranger).status_code == 403
        nonce, older = candidate.nonce(), candidate.nonce()
        for wrong in (
            proof(exam.seat_key(stranger), nonce),
            proof(bytes(10), nonce),
            proof(key, nonce, thief.device),
            b64url_encode(seat_key_proof(key, nonce, candidate.device.public_key)[:31]),
        ):
            answer = candidate.activate(licence, nonce=nonce, seat_key_proof=wrong)
            assert (answer.status_code, code(answer)) == (429, "OS-171"), wrong
        assert candidate.activate(licence, nonce=nonce, seat_key_proof="no base64!").status_code == 400
        with exam.database.reading() as connection:
            assert activations.find(connection, exam.jti(owner)) is None
        other = candidate.activate(
            licence, nonce=nonce, seat_key_proof=proof(key, nonce), identity=candidate.posing_as(stranger)
        )
        assert (other.status_code, code(other)) == (403, "OS-021"), "the identity is checked all the same"
        with exam.database.reading() as connection:
            failures = login_budget.failures(connection, subject)
        answer = candidate.activate(licence, nonce=older, seat_key_proof=proof(key, older))
        assert answer.status_code == 200
        assert b64url_decode(answer.json()["seat_key"]) == key
        second = Device()
        late = candidate.activate(
            licence, nonce=nonce, device=second, seat_key_proof=proof(key, nonce, second)
        )
        assert (late.status_code, code(late)) == (409, "OS-103"), "and the seat is the first device's"
        with exam.database.reading() as connection:
            assert login_budget.failures(connection, subject) == failures == 5, "nothing was spent"


def test_a_hundred_guesses_at_once_are_a_hundred_attempts(exam: PublishedExam) -> None:
    owner = exam.people[0]
    settings = exam.settings(address_burst=1000)
    with running(settings, FixedClock(INSIDE)) as portal:

        def guess(number: int) -> int:
            with portal.candidate(owner) as candidate:
                return candidate.authenticate(name=f"猜{number}").status_code

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(guess, range(100)))
    assert sorted(answers) == [401] * 5 + [429] * 95


def test_a_nonce_must_be_fresh_ours_and_for_this_purpose(portal: Running, exam: PublishedExam) -> None:
    licence = exam.licence(exam.people[0])
    with portal.candidate(exam.people[0]) as candidate:
        nonce = candidate.nonce()
        session = candidate.session()["session"]
        portal.at(INSIDE + timedelta(minutes=2))
        for stale in (nonce, session, "nonsense", "a.b", nonce[:-1] + "A"):
            answer = candidate.activate(licence, nonce=stale)
            assert (answer.status_code, code(answer)) == (409, "OS-180"), stale
        portal.at(INSIDE + timedelta(minutes=2) - SECOND)
        assert candidate.activate(licence, nonce=nonce).status_code == 200


def test_the_signature_must_be_the_devices_over_this_request(portal: Running, exam: PublishedExam) -> None:
    licence, other = exam.licence(exam.people[0]), Device()
    with portal.candidate(exam.people[0]) as candidate:
        nonce = candidate.nonce()
        theirs = other.activation(nonce, licence, candidate.person)
        elsewhere = candidate.device.activation(candidate.nonce(), licence, candidate.person)
        for wrong in (theirs["signature"], elsewhere["signature"]):
            answer = candidate.activate(licence, nonce=nonce, signature=wrong)
            assert (answer.status_code, code(answer)) == (400, "OS-181")
        assert code(candidate.activate(licence, device_key="****")) == "OS-184"
        assert code(candidate.activate(licence, device_key="AAAA")) == "OS-181"


def test_the_signature_covers_the_trait_hashes(portal: Running, exam: PublishedExam) -> None:
    licence, computer = exam.licence(exam.people[0]), Device(traits=COMPUTER)
    with portal.candidate(exam.people[0]) as candidate:
        sent = computer.activation(candidate.nonce(), licence, candidate.person)["traits"]
        for other in ({}, None, {**sent, "system-disk": sent["board-serial"]}):
            changed = candidate.activate(licence, device=computer, traits=other)
            assert (changed.status_code, code(changed)) == (400, "OS-181"), other
        for malformed in (
            {**sent, "mac": "A" * 43},
            {"system-disk": "A" * 42},
            {"system-disk": "A" * 42 + "B"},
        ):
            assert code(candidate.activate(licence, device=computer, traits=malformed)) == "OS-184", malformed
        assert candidate.activate(licence, device=computer).status_code == 200


def test_licences_of_others_hands_exams_builds_and_times_are_each_refused(
    portal: Running, exam: PublishedExam
) -> None:
    person = exam.people[0]
    wrong = {
        "OS-016": exam.licence(person, exam="other"),
        "OS-017": exam.licence(person, build="build-0"),
        "OS-020": exam.licence(person, exp=int(INSIDE.timestamp())),
        "OS-019": exam.licence(person, nbf=int((INSIDE + timedelta(days=1)).timestamp())),
        "OS-014": sign_token(exam.keys.portal.signer("activation"), Licence.TYP, {"exam": EXAM}),
        "OS-013": sign_token(exam.licence_signer, "JWT", {"exam": EXAM}),
        "OS-012": "not a token",
        "OS-182": exam.licence(person, base="0" * 64),
    }
    signed = exam.licence(person)
    head, payload, signature = signed.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert claims["build"] == BUILD
    flipped = "A" if signature[0] != "A" else "B"
    wrong["OS-015"] = f"{head}.{payload}.{flipped}{signature[1:]}"
    with portal.candidate(person) as candidate:
        for expected, licence in wrong.items():
            answer = candidate.activate(licence)
            assert code(answer) == expected
            assert 400 <= answer.status_code < 500


def test_a_replaced_or_revoked_or_unpublished_licence_is_withdrawn(
    portal: Running, exam: PublishedExam
) -> None:
    moved, revoked = exam.people[:2]
    edition = exam.issue(moved, generation=2)
    with portal.candidate(moved) as candidate:
        assert candidate.activate(exam.licence(moved)).status_code == 200
        assert code(candidate.activate(exam.licence(moved, 2))) == "OS-182"
        exam.publish(edition)
        assert code(candidate.activate(exam.licence(moved))) == "OS-182"
        assert candidate.activate(exam.licence(moved, 2)).status_code == 200
    exam.revoke(revoked)
    with portal.candidate(revoked) as candidate:
        assert code(candidate.activate(exam.licence(revoked))) == "OS-182"
        assert code(candidate.authenticate()) == "OS-179"


def test_activation_is_possible_outside_the_download_window(portal: Running, exam: PublishedExam) -> None:
    portal.at(exam.charter.download.closes + timedelta(days=3))
    with portal.candidate(exam.people[0]) as candidate:
        assert candidate.activate(exam.licence(exam.people[0])).status_code == 200


def test_nonces_come_with_the_portals_signed_time_over_the_clients_own(
    portal: Running, exam: PublishedExam
) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        answer = candidate.http.post(f"{candidate.api}/nonces", json={"client_nonce": "n" * 22}).json()
    said = PortalTime.verify(answer["time"], exam.charter.keys_for("activation"))
    assert (said.exam, said.nonce, said.now) == (EXAM, "n" * 22, int(INSIDE.timestamp()))
