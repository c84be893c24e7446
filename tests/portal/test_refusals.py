"""Every refusal of the portal can be met, as a problem document or when it starts, and leaks nothing."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from docs import generate
from oneseat.portal.app import create_app
from oneseat.portal.refusals.start import (
    AuthorityRingRefused,
    RehearsalRefused,
    SettingsInvalid,
)
from oneseat.portal.services.login.rate_limits_redis import RedisLimit
from oneseat.web import bodies, logs
from oneseat.web.errors import WebError
from oneseat.web.refusals import AddressInUse
from oneseat.web.serving import listen
from signing.clock import FixedClock
from signing.errors import OneSeatError
from signing.jws import parse_object
from tests.portal import ticket_refusals
from tests.portal.published_exam import CLOSES, EXAM, INSIDE, OPENS, Keys, PublishedExam, Running, running
from tests.signing.signed_files import Base
from tests.simulator import Candidate, Device, Person

NO_SEAT = "0" * 32
Met = Callable[[Running, PublishedExam, Candidate], httpx.Response]


def _spent(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    while (answer := candidate.authenticate(name="x")).status_code == 401:
        pass
    return answer


def _address(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    portal.app.state.portal.limit.burst = 1
    candidate.authenticate(admission_number="1")
    return candidate.authenticate(admission_number="2")


def _at(moment: object) -> Met:
    def meet(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
        portal.at(moment)  # type: ignore[arg-type]
        return candidate.authenticate()

    return meet


def _revoked(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    exam.revoke(candidate.person)
    return candidate.authenticate()


def _fetch(candidate: Candidate, path: str = "", **headers: str) -> httpx.Response:
    granted = candidate.session()
    url = httpx.URL(granted["download"]["url"]).raw_path.decode()
    bearer = {"authorization": f"Bearer {granted['session']}"}
    return candidate.http.get(path or url, headers={**bearer, **headers})


def _broken_store(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    for stored in (exam.folder / "store").rglob("*.exe"):
        stored.unlink()
    return candidate.authenticate()


def _unpublished(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    exam.unpublish_charter()
    return candidate.authenticate()


def _not_ready(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    exam.unpublish_charter()
    return candidate.http.get("/readyz")


def _fault(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    portal.app.state.portal.exams[EXAM].delivery_key = bytes(64)
    return candidate.authenticate()


def _limit_out_of_reach(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    nobody_there = "redis://127.0.0.1:1/0"
    served = portal.app.state.portal
    portal.app.state.portal = replace(served, limit=RedisLimit(nobody_there, 60, 30))
    return candidate.authenticate(name="x")


def _retry_differs(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    candidate.http.headers["idempotency-key"] = "one-key-for-two-calls"
    candidate.authenticate(name="x")
    return candidate.authenticate(name="y")


def _withdrawn(portal: Running, exam: PublishedExam, candidate: Candidate) -> httpx.Response:
    exam.withdraw()
    return candidate.authenticate()


MET: dict[str, Met] = {
    "LoginRefused": lambda portal, exam, candidate: candidate.authenticate(name="x"),
    "IdentityMalformed": lambda portal, exam, candidate: candidate.authenticate(id_number="1"),
    "SeatThrottled": _spent,
    "AddressBusy": _address,
    "WindowNotOpen": _at(OPENS.replace(hour=9, minute=59)),
    "WindowClosed": _at(CLOSES),
    "InstallersWithdrawn": _withdrawn,
    "SessionMissing": lambda portal, exam, candidate: candidate.http.get(
        f"{candidate.api}/installers/{NO_SEAT}"
    ),
    "ExamUnknown": lambda portal, exam, candidate: candidate.http.get("/api/v1/exams/none/charter"),
    "InstallerUnknown": lambda portal, exam, candidate: _fetch(
        candidate, f"{candidate.api}/installers/{NO_SEAT}"
    ),
    "NothingPublished": _unpublished,
    "SeatRevoked": _revoked,
    "NonceInvalid": lambda portal, exam, candidate: candidate.activate("x", nonce="x"),
    "DeviceSignatureInvalid": lambda portal, exam, candidate: candidate.activate(
        exam.licence(candidate.person), signature="A" * 86
    ),
    "LicenceWithdrawn": lambda portal, exam, candidate: candidate.activate(
        exam.licence(candidate.person, 2), device=Device()
    ),
    "RequestInvalid": lambda portal, exam, candidate: candidate.authenticate(name=""),
    "FormExpired": lambda portal, exam, candidate: candidate.http.post(f"/e/{EXAM}/logout"),
    "PageUnknown": lambda portal, exam, candidate: candidate.http.get("/api/v1/none"),
    "MethodRefused": lambda portal, exam, candidate: candidate.http.delete(f"{candidate.api}/charter"),
    "RequestTooLarge": lambda portal, exam, candidate: candidate.authenticate(name="x" * 20_000),
    "PortalFault": _fault,
    "InstallerUnavailable": _broken_store,
    "RangeRefused": lambda portal, exam, candidate: _fetch(candidate, range="bytes=999999999-"),
    "PreconditionRefused": lambda portal, exam, candidate: _fetch(candidate, **{"if-match": '"x"'}),
    "MediaTypeRefused": lambda portal, exam, candidate: candidate.http.post(
        f"{candidate.api}/authenticate", content=b"name=x", headers={"content-type": "text/plain"}
    ),
    "NotReady": _not_ready,
    "LimitOutOfReach": _limit_out_of_reach,
    "RetryDiffers": _retry_differs,
    "LinkInvalid": lambda portal, exam, candidate: candidate.http.get(
        f"{candidate.api}/installers/{NO_SEAT}?link=x"
    ),
    **ticket_refusals.MET,
}
ELSEWHERE = {
    *("RequestTooSlow", "MeasuringBusy", "LicenceUnlisted"),
    *("HeadTooLarge", "HostInvalid", "RequestUnreadable"),
    "ShortCodeUnknown",
}
"""Met below, with a clock of its own; in the tests of speed, batches, connections and devices."""
AT_START = {"AuthorityRingRefused", "RehearsalRefused", "AddressInUse", "SettingsInvalid"}
ALL = {
    error.__name__: error
    for error in generate.error_classes()
    if issubclass(error, WebError) and generate.room_of(error) in ("portal", "web")
}


BY_CODE = {
    *range(206, 218),
    900,
    *range(930, 936),
    *range(945, 950),
    951,
    952,
    953,
    *range(960, 980),
    *range(980, 983),
    990,
}
"""Numbers of the refusals of desk, rebinding, help requests and rooms: their tests name the codes."""


def test_every_refusal_is_met_here_or_where_its_code_is_named() -> None:
    named = {name: error for name, error in ALL.items() if error.number in BY_CODE}
    assert set(MET) | AT_START | ELSEWHERE | set(named) == set(ALL)
    assert len({error.number for error in ALL.values()}) == len(ALL)
    others = [path for path in Path(__file__).parent.rglob("test_*.py") if path != Path(__file__)]
    text = "".join(path.read_text(encoding="utf-8") for path in others)
    assert [name for name, error in named.items() if f"OS-{error.number}" not in text] == []


@pytest.mark.parametrize("name", MET)
def test_a_refusal_is_a_problem_document_with_code_cause_and_remedy(
    portal: Running, exam: PublishedExam, name: str
) -> None:
    error = ALL[name]
    with logged() as stream, portal.candidate(exam.people[0]) as candidate:
        answer = MET[name](portal, exam, candidate)
    check_nothing_personal(stream.getvalue(), exam, exam.people[0])
    assert answer.status_code == error.http_status
    code = f"OS-{error.number}"
    if answer.headers["content-type"].startswith("text/html"):
        assert code in answer.text
        return
    assert answer.headers["content-type"] == "application/problem+json"
    said = parse_object(answer.content)
    assert (said["code"], said["status"], said["type"]) == (
        code,
        error.http_status,
        f"urn:oneseat:error:{code}",
    )
    for text in (said["cause"], said["remedy"]):
        assert set(text) == {"en", "zh"}
        assert "{" not in text["en"] + text["zh"]
    if error.http_status == 429:
        assert int(answer.headers["retry-after"]) > 0
    if error.http_status == 405:
        assert answer.headers["allow"] == "GET"


def test_a_fault_says_a_reference_and_the_log_has_its_place_and_not_its_words(
    portal: Running, exam: PublishedExam, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "portal.faults"), portal.candidate(exam.people[0]) as candidate:
        answer = MET["PortalFault"](portal, exam, candidate)
    reference = answer.json()["cause"]["en"].partition("reference ")[2][:8]
    (line,) = [record for record in caplog.records if record.name == "portal.faults"]
    assert line.reference == reference  # type: ignore[attr-defined]
    assert line.code == "OS-032"  # type: ignore[attr-defined]
    assert "sealing.py" in line.getMessage()


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'{"name":1,"id_number":"a","admission_number":"b"}', b""]
)
def test_bodies_of_the_wrong_shape_are_refused_without_repeating_them(
    portal: Running, exam: PublishedExam, body: bytes
) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        headers = {"content-type": "application/json"}
        answer = candidate.http.post(f"{candidate.api}/authenticate", content=body, headers=headers)
        extra = candidate.http.post(
            f"{candidate.api}/authenticate", json={**candidate.person.body(), "secret-member": "secret-value"}
        )
    assert (answer.status_code, answer.json()["code"]) == (400, "OS-184")
    assert extra.json()["code"] == "OS-184"
    assert "secret" not in extra.text


def test_a_body_that_hides_its_length_is_cut_off_all_the_same(portal: Running, exam: PublishedExam) -> None:
    def endless() -> object:
        for _ in range(40):
            yield b"x" * 1024

    with portal.candidate(exam.people[0]) as candidate:
        answer = candidate.http.post(f"{candidate.api}/authenticate", content=endless())  # type: ignore[arg-type]
    assert answer.json()["code"] == "OS-188"


def test_nothing_personal_is_logged_whatever_is_asked(portal: Running, exam: PublishedExam) -> None:
    with logged() as stream, portal.candidate(exam.people[0]) as candidate:
        person = candidate.person
        candidate.http.get(f"/e/{EXAM}/?name={person.name}&id={person.id_number}")
        candidate.http.get(f"/{person.admission_number}", headers={"user-agent": person.id_number})
        candidate.log_in()
        _fetch(candidate)
        candidate.activate(exam.licence(person))
    routes = {json.loads(line).get("route") for line in stream.getvalue().splitlines()}
    assert {"/e/{exam}/login", "/api/v1/exams/{exam}/installers/{jti}", "unmatched"} <= routes
    check_nothing_personal(stream.getvalue(), exam, person)


@contextlib.contextmanager
def logged() -> Iterator[io.StringIO]:
    """Everything that the portal would log, at its most talkative."""
    stream = io.StringIO()
    logs.configure("portal", stream, FixedClock(INSIDE), rehearsal=False, level=logging.DEBUG)
    yield stream
    for name in ("portal", "uvicorn"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def check_nothing_personal(lines: str, exam: PublishedExam, person: Person) -> None:
    secrets = [person.name, person.id_number, person.admission_number, exam.jti(person)]
    for secret in [*secrets, exam.seat_key(person).hex(), "127.0.0.1"]:
        assert secret not in lines
    for line in lines.splitlines():
        assert set(json.loads(line)) <= {"time", "level", "logger", "event", *logs.FIELDS}


def test_a_ring_that_could_mint_licences_is_refused(exam: PublishedExam, tmp_path: Path) -> None:
    authority = exam.settings(exams=(exam.exam_settings(keys=exam.keys.folder / "authority"),))
    with pytest.raises(AuthorityRingRefused) as caught:
        create_app(authority, FixedClock(INSIDE))
    assert "authority's key" in str(caught.value)
    spiked = tmp_path / "spiked"
    spiked.mkdir()
    for file in (exam.keys.folder / "portal").iterdir():
        (spiked / file.name).write_bytes(file.read_bytes())
    (spiked / "exam.secret").write_bytes(b"anything")
    with pytest.raises(AuthorityRingRefused):
        create_app(exam.settings(exams=(exam.exam_settings(keys=spiked),)), FixedClock(INSIDE))


def test_a_wrong_root_key_setting_is_refused_and_another_root_serves_nothing(exam: PublishedExam) -> None:
    broken = exam.settings(exams=(exam.exam_settings(root_public_key="*" * 43),))
    with pytest.raises(SettingsInvalid):
        create_app(broken, FixedClock(INSIDE))
    with pytest.raises(SettingsInvalid):
        create_app(exam.settings(public_url=None), FixedClock(INSIDE))
    other = exam.settings(exams=(exam.exam_settings(root_public_key="A" * 43),))
    with running(other, FixedClock(INSIDE)) as served, served.candidate(exam.people[0]) as candidate:
        assert candidate.authenticate().status_code == 503
        ready = candidate.http.get("/readyz")
        assert (ready.status_code, ready.json()["code"]) == (503, "OS-194")
        assert candidate.http.get("/healthz").json() == {"status": "ok", "rehearsal": False}


def test_a_state_out_of_reach_is_not_named_to_the_public(portal: Running, exam: PublishedExam) -> None:
    for name in ("state.db", "state.db-wal", "state.db-shm"):
        (exam.folder / name).unlink(missing_ok=True)
    portal.app.state.portal.exams[EXAM].database.close()
    with portal.candidate(exam.people[0]) as candidate:
        answer = candidate.authenticate()
    assert (answer.status_code, answer.json()["code"]) == (503, "OS-194")
    assert "state.db" not in answer.text


def test_rehearsing_on_a_real_exam_is_refused_and_mixed_marks_always(
    exam: PublishedExam, tmp_path: Path, base: Base
) -> None:
    rehearsed = exam.settings(rehearse_at=OPENS)
    with pytest.raises(RehearsalRefused):
        create_app(rehearsed, FixedClock(INSIDE))
    marked = Keys.make(tmp_path / "marked", rehearsal=True)
    on_real_state = exam.exam_settings(keys=marked.folder / "portal")
    mixed = exam.settings(exams=(on_real_state,))
    for settings in (mixed, mixed.model_copy(update={"rehearse_at": OPENS})):
        with pytest.raises(RehearsalRefused):
            create_app(settings, FixedClock(INSIDE))


def test_a_rehearsal_banners_every_page_and_marks_every_log_line(tmp_path: Path, base: Base) -> None:
    keys = Keys.make(tmp_path / "keys", rehearsal=True)
    made = PublishedExam(tmp_path, keys, base, rehearsal=True).publish_everything()
    stream = io.StringIO()
    with running(made.settings(rehearse_at=INSIDE), FixedClock(INSIDE)) as portal:
        logs.configure("portal", stream, portal.clock, rehearsal=portal.app.state.portal.rehearsal)
        with portal.candidate(made.people[0]) as candidate:
            pages = [candidate.http.get(path) for path in (f"/e/{EXAM}/", "/none", "/e/none/")]
            pages += [candidate.log_in(name="x"), candidate.log_in()]
            portal.at(OPENS.replace(hour=1))
            pages.append(candidate.http.get(f"/e/{EXAM}/"))
    assert all('class="rehearsal"' in page.text and "演练" in page.text for page in pages if page.text)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) >= 6
    assert all(line["mark"] == "REHEARSAL" for line in lines)
    made.database.close()


def test_an_address_in_use_is_named() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressInUse) as caught:
            listen("127.0.0.1", port)
    assert str(port) in str(caught.value)
    assert isinstance(caught.value, OneSeatError)


def test_a_body_that_dribbles_is_cut_off(
    portal: Running, exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_WITHIN_S", 0.3)
    monkeypatch.setattr(bodies, "CHECK_INTERVAL_S", 0.1)

    def dribbling() -> Iterator[bytes]:
        yield b"{"
        time.sleep(1)
        yield b"}"

    with portal.candidate(exam.people[0]) as candidate:
        answer = candidate.http.post(f"{candidate.api}/authenticate", content=dribbling())
    assert (answer.status_code, answer.json()["code"]) == (408, "OS-223")
