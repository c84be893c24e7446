"""Programs that call the portal, through the typed client: a portal in front, exam rooms, devices."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from sqlalchemy import func, select

from oneseat.portal.errors import SeatNotFound
from oneseat.portal.refusals.devices import DeviceSignatureInvalid, NonceInvalid
from oneseat.portal.refusals.downloads import InstallerUnknown, LinkInvalid
from oneseat.portal.refusals.login import (
    AddressBusy,
    IdentityMalformed,
    LoginRefused,
    SeatRevoked,
    SeatThrottled,
    SessionMissing,
    WindowClosed,
)
from oneseat.portal.refusals.services import RetryDiffers, ScopeMissing, ServiceTokenRefused
from oneseat.portal.rules.ticket_rules import MockState
from oneseat.portal.sdk import client
from oneseat.portal.sdk.client import DownloadDiffers, PortalClient, PortalNotUnderstood, RefusedByPortal
from oneseat.portal.sdk.models import (
    ActivationBody,
    CheckInBody,
    DownloadOffer,
    IdentityBody,
    ReportBody,
    TicketBody,
)
from oneseat.portal.services.downloads import LINK_LIFE
from oneseat.state.accounts import service_tokens
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.candidates import check_ins, login_budget
from oneseat.state.candidates.check_ins import LastCheckIn
from oneseat.state.errors import DeviceRetired
from oneseat.state.tables.programs import FailedCall
from oneseat.web.refusals import RequestInvalid
from signing.clock import FixedClock
from signing.errors import OneSeatError
from signing.jws import b64url_decode, b64url_encode
from signing.refusals import IdentityMismatch
from signing.tokens import Activation, PortalTime, check_in_message
from tests.portal.published_exam import (
    BUILD,
    CLOSES,
    EXAM,
    GRACE,
    INSIDE,
    SECOND,
    PublishedExam,
    Running,
    running,
)
from tests.portal.test_challenge import answer_to
from tests.simulator import Device, Person, Room

CLIENT_NONCE = "a-nonce-of-the-client"
KEY = "a-key-for-one-call-and-no-other"


def calling(portal: Running, token: str | None = None) -> PortalClient:
    return PortalClient(portal.url, EXAM, service_token=token)


def identity(person: Person, **more: Any) -> IdentityBody:
    return IdentityBody.model_validate({**person.body(), **more})


@contextlib.contextmanager
def refused(error: type[OneSeatError]) -> Iterator[None]:
    with pytest.raises(RefusedByPortal) as caught:
        yield
    assert caught.value.code == code_of(error)
    assert caught.value.problem.remedy.zh


def code_of(error: type[OneSeatError]) -> str:
    return f"OS-{error.number:03d}"


def told(moment: datetime) -> str:
    """As the API writes a moment."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


# --------------------------------------------------------------------------- a portal in front of ours


def test_a_portal_in_front_logs_candidates_in_and_says_where_they_are(
    portal: Running, exam: PublishedExam
) -> None:
    portal.app.state.portal.limit.burst = 1
    first, second = exam.people[:2]
    with calling(portal, exam.service_token(Scope.AUTHENTICATE)) as front:
        with refused(LoginRefused):
            front.authenticate(identity(first, name="x", client_address="203.0.113.1"))
        with refused(AddressBusy):
            front.authenticate(identity(second, name="x", client_address="203.0.113.1"))
        with refused(LoginRefused):
            front.authenticate(identity(second, name="x", client_address="203.0.113.2"))
        granted = front.authenticate(identity(first, client_address="2001:db8::1"))
    assert granted.jti == exam.jti(first)


@pytest.mark.parametrize("scopes", [None, (Scope.SEAT_READ,)])
def test_nobody_else_says_where_a_candidate_is(
    portal: Running, exam: PublishedExam, scopes: tuple[Scope, ...] | None
) -> None:
    token = exam.service_token(*scopes) if scopes else None
    with (
        calling(portal, token) as front,
        refused(ScopeMissing if scopes else ServiceTokenRefused),
    ):
        front.authenticate(identity(exam.people[0], client_address="203.0.113.1"))


def test_a_token_without_the_scope_logs_candidates_in_like_anybody(
    portal: Running, exam: PublishedExam
) -> None:
    with calling(portal, exam.service_token(Scope.DOWNLOAD)) as program:
        assert program.authenticate(identity(exam.people[0])).jti == exam.jti(exam.people[0])


def test_what_a_program_says_shuts_out_nobody_else(portal: Running, exam: PublishedExam) -> None:
    first, second = exam.people[:2]
    portal.app.state.portal.limit.burst = 1
    with calling(portal, exam.service_token(Scope.AUTHENTICATE)) as front, refused(AddressBusy):
        for person in (first, second):
            with contextlib.suppress(RefusedByPortal) if person is first else contextlib.nullcontext():
                front.authenticate(identity(person, name="x", client_address="127.0.0.1"))
    with calling(portal) as own:
        assert own.authenticate(identity(second)).jti == exam.jti(second)


def test_a_stolen_token_does_not_buy_guesses_with_invented_addresses(
    portal: Running, exam: PublishedExam
) -> None:
    """Each address would bring a second lane of its own: a program has one to a seat, whatever it says."""
    person, looked_at = exam.people[0], 0
    with calling(portal, exam.service_token(Scope.AUTHENTICATE)) as thief:
        for number in range(40):
            guess = identity(person, name="x", client_address=f"203.0.113.{number}")
            answered = guess
            for _ in range(2):
                with pytest.raises(RefusedByPortal) as caught:
                    thief.authenticate(answered)
                if caught.value.code == code_of(LoginRefused):
                    looked_at += 1
                    break
                asked = caught.value.problem.challenge
                if asked is None:
                    break
                reply = {"stamp": asked.stamp, "answer": str(answer_to(asked.question.zh))}
                answered = IdentityBody.model_validate({**guess.model_dump(), "reply": reply})
    assert 5 < looked_at < 12, "the free ones, the second lane's, and then it waits"


def test_an_address_that_is_none_is_refused(portal: Running, exam: PublishedExam) -> None:
    with calling(portal, exam.service_token(Scope.AUTHENTICATE)) as front, refused(RequestInvalid):
        front.authenticate(identity(exam.people[0], client_address="nowhere"))


def test_a_program_downloads_for_any_seat_and_a_session_for_its_own(
    portal: Running, exam: PublishedExam, tmp_path: Path
) -> None:
    first, second = exam.people[:2]
    with calling(portal) as own, calling(portal, exam.service_token(Scope.DOWNLOAD)) as program:
        mine, other = own.authenticate(identity(first)), own.authenticate(identity(second))
        assert mine.download is not None
        assert other.download is not None
        own.download(mine.download, mine.session, tmp_path / "own.exe")
        program.download(other.download, None, tmp_path / "other.exe")
        with refused(InstallerUnknown):
            own.download(other.download, mine.session, tmp_path / "never.exe")
    assert (tmp_path / "own.exe").read_bytes() == exam.stamped(first)
    assert (tmp_path / "other.exe").read_bytes() == exam.stamped(second)
    assert {path.name for path in tmp_path.glob("*.exe*")} == {"own.exe", "other.exe"}


def test_a_scope_opens_its_own_call_and_no_other(portal: Running, exam: PublishedExam) -> None:
    jti = exam.jti(exam.people[0])
    calls: dict[Scope, Callable[[PortalClient], object]] = {
        Scope.DOWNLOAD: lambda program: program.link(jti),
        Scope.SEAT_READ: lambda program: program.seat(jti),
    }
    for scope in Scope:
        with calling(portal, exam.service_token(scope)) as program:
            for wanted, call in calls.items():
                allowed = contextlib.nullcontext() if wanted is scope else refused(ScopeMissing)
                with allowed:
                    call(program)


# --------------------------------------------------------------------------------------------- links


def test_a_link_fetches_one_installer_without_a_session_for_a_quarter_of_an_hour(
    portal: Running, exam: PublishedExam
) -> None:
    person, other = exam.people[:2]
    with calling(portal, exam.service_token(Scope.DOWNLOAD)) as front:
        link = front.link(exam.jti(person))
    assert datetime.fromisoformat(link.expires) == INSIDE + LINK_LIFE
    assert httpx.get(link.url).content == exam.stamped(person)
    elsewhere = link.url.replace(exam.jti(person), exam.jti(other))
    assert httpx.get(elsewhere).json()["code"] == code_of(InstallerUnknown)
    portal.at(INSIDE + LINK_LIFE - SECOND)
    assert httpx.get(link.url, headers={"range": "bytes=0-9"}).status_code == 206
    portal.at(INSIDE + LINK_LIFE)
    late = httpx.get(link.url)
    assert (late.status_code, late.json()["code"]) == (403, code_of(LinkInvalid))


def test_a_link_ends_with_the_window_and_none_is_made_after_it(portal: Running, exam: PublishedExam) -> None:
    jti = exam.jti(exam.people[0])
    with calling(portal, exam.service_token(Scope.DOWNLOAD)) as front:
        portal.at(CLOSES - SECOND)
        link = front.link(jti)
        assert httpx.get(link.url).status_code == 200, "granted within the window"
        portal.at(CLOSES + GRACE + SECOND)
        assert httpx.get(link.url).status_code == 403
        with refused(WindowClosed):
            front.link(jti)


def test_a_link_does_not_open_the_gate_for_a_revoked_seat(portal: Running, exam: PublishedExam) -> None:
    person = exam.people[0]
    with calling(portal, exam.service_token(Scope.DOWNLOAD)) as front:
        link = front.link(exam.jti(person))
    exam.revoke(person)
    assert httpx.get(link.url).json()["code"] == code_of(SeatRevoked)


def test_a_link_ends_with_the_token_of_who_made_it(portal: Running, exam: PublishedExam) -> None:
    token = exam.service_token(Scope.DOWNLOAD)
    with calling(portal, token) as front:
        link = front.link(exam.jti(exam.people[0]))
    assert httpx.get(link.url).status_code == 200
    with exam.database.writing() as connection:
        service_tokens.revoke(connection, EXAM, token.split(".")[1], INSIDE)
    assert httpx.get(link.url).json()["code"] == code_of(LinkInvalid)


# ---------------------------------------------------------------------------------- how a seat is


def test_a_seats_way_is_told_step_by_step(portal: Running, exam: PublishedExam, tmp_path: Path) -> None:
    person = exam.people[0]
    token = exam.service_token(Scope.SEAT_READ, Scope.ROOM_REPORT)
    with calling(portal, token) as program, portal.candidate(person) as candidate:
        fresh = program.seat_of(person.admission_number)
        assert (fresh.jti, fresh.revoked, fresh.window, fresh.may_fetch) == (
            exam.jti(person),
            False,
            "open",
            True,
        )
        assert (fresh.granted_at, fresh.downloaded_at, fresh.activated_at, fresh.heard_at) == (None,) * 4
        assert fresh.sessions == []
        candidate.download(tmp_path / "installer.exe")
        activation = candidate.activated(exam.licence(person))
        program.check_in(checked_in(program, candidate.device, activation))
        nonce = program.nonce(CLIENT_NONCE).nonce
        asked = TicketBody.model_validate(candidate.device.ticket(nonce, activation, "mock"))
        ticket = program.ticket(asked).ticket
        program.report_start(ReportBody(ticket=ticket))
        assert program.report_end(ReportBody(ticket=ticket)).ended_at is not None
        now = program.seat(exam.jti(person))
    moments = {now.granted_at, now.downloaded_at, now.activated_at, now.heard_at}
    assert moments == {told(INSIDE)}
    assert now.build == BUILD
    (mock,) = now.sessions
    assert (mock.kind, mock.started_at, mock.ended_at) == ("mock", told(INSIDE), told(INSIDE))


def test_a_session_sees_its_own_seat_and_no_other(portal: Running, exam: PublishedExam) -> None:
    with calling(portal) as own:
        session = own.authenticate(identity(exam.people[0])).session
        assert own.seat(exam.jti(exam.people[0]), session).jti == exam.jti(exam.people[0])
        with refused(SeatNotFound):
            own.seat(exam.jti(exam.people[1]), session)
        with refused(SessionMissing):
            own.seat(exam.jti(exam.people[0]))
        with calling(portal, exam.service_token(Scope.SEAT_READ)) as program:
            with refused(SeatNotFound):
                program.seat("0" * 32)
            with refused(SeatNotFound):
                program.seat_of("1")
        with refused(ServiceTokenRefused):
            own.seat_of(exam.people[0].admission_number)


# ------------------------------------------------------------------------------------- check-ins


def checked_in(program: PortalClient, device: Device, activation: str, **wrong: str) -> CheckInBody:
    nonce = program.nonce(CLIENT_NONCE).nonce
    message = check_in_message(nonce, activation, CLIENT_NONCE, BUILD)
    body = {
        "activation": activation,
        "nonce": nonce,
        "client_nonce": CLIENT_NONCE,
        "build": BUILD,
        "signature": b64url_encode(device.key.sign(message).signature),
    }
    return CheckInBody.model_validate({**body, **wrong})


def test_a_device_learns_the_time_and_the_charter(portal: Running, exam: PublishedExam) -> None:
    with calling(portal) as program, portal.candidate(exam.people[0]) as candidate:
        activation = candidate.activated(exam.licence(exam.people[0]))
        answer = program.check_in(checked_in(program, candidate.device, activation))
        keys = exam.verified(program.charter()).keys_for("activation")
    said = PortalTime.verify(answer.time, keys)
    assert (said.nonce, said.now) == (CLIENT_NONCE, int(INSIDE.timestamp()))
    assert answer.charter_version == 1


def test_a_device_learns_how_far_its_candidate_is_in_the_mocks(portal: Running, exam: PublishedExam) -> None:
    person = exam.people[0]
    with calling(portal) as program, portal.candidate(person) as candidate:
        activation = candidate.activated(exam.licence(person))
        room = Room(candidate, exam.service_token(Scope.ROOM_REPORT))

        def heard() -> MockState | None:
            return program.check_in(checked_in(program, candidate.device, activation)).mock

        assert heard() is MockState.NOT_TAKEN
        ticket = candidate.ticket("mock")
        assert heard() is MockState.NOT_TAKEN, "a ticket alone is no mock"
        room.starts(ticket)
        assert heard() is MockState.STARTED
        room.ends(ticket)
        assert heard() is MockState.FINISHED
        exam.publish_charter(version=2, mocks=())
        assert heard() is None


def test_a_device_that_asks_all_the_time_is_answered_and_written_down_once_a_minute(
    portal: Running, exam: PublishedExam
) -> None:
    person, jti = exam.people[0], exam.jti(exam.people[0])

    def heard() -> LastCheckIn | None:
        with exam.database.reading() as connection:
            return check_ins.find_last(connection, jti)

    with calling(portal) as program, portal.candidate(person) as candidate:
        activation = candidate.activated(exam.licence(person))
        for second in (0, 1, 59):
            portal.at(INSIDE + timedelta(seconds=second))
            program.check_in(checked_in(program, candidate.device, activation))
            assert heard() == LastCheckIn(INSIDE, BUILD)
        portal.at(INSIDE + timedelta(minutes=1))
        program.check_in(checked_in(program, candidate.device, activation))
        assert heard() == LastCheckIn(INSIDE + timedelta(minutes=1), BUILD)
        exam.move(person, INSIDE)
        assert heard() is None, "it was the old computer's"


def test_a_device_learns_what_became_of_its_seat(portal: Running, exam: PublishedExam) -> None:
    person = exam.people[0]
    with calling(portal) as program, portal.candidate(person) as candidate:
        activation = candidate.activated(exam.licence(person))
        fresh = checked_in(program, candidate.device, activation)
        with refused(DeviceSignatureInvalid):
            program.check_in(fresh.model_copy(update={"build": "another"}))
        with refused(DeviceSignatureInvalid):
            program.check_in(checked_in(program, Device(), activation))
        with refused(NonceInvalid):
            program.check_in(checked_in(program, candidate.device, activation, nonce="x"))
        exam.move(person, INSIDE)
        with refused(DeviceRetired):
            program.check_in(checked_in(program, candidate.device, activation))
        exam.revoke(person)
        with refused(SeatRevoked):
            program.check_in(checked_in(program, candidate.device, activation))


# --------------------------------------------------------------------------- calls that are sent twice


def test_a_failed_login_that_is_sent_again_costs_one_failure(on_either: PublishedExam) -> None:
    person = on_either.people[0]
    with running(on_either.settings(), FixedClock(INSIDE)) as portal, calling(portal) as program:
        wrong = identity(person, name="x")
        for _ in range(20):
            with refused(LoginRefused):
                program.authenticate(wrong, key=KEY)
        assert program.authenticate(identity(person)).jti == on_either.jti(person)
        with refused(RetryDiffers):
            program.authenticate(identity(person, name="y"), key=KEY)
        portal.at(INSIDE + timedelta(minutes=11))
        with refused(LoginRefused):
            program.authenticate(identity(person, name="y"), key=KEY)


def test_a_right_guess_under_a_key_that_failed_is_refused_as_a_wrong_one_is(on_either: PublishedExam) -> None:
    person = on_either.people[0]
    with running(on_either.settings(), FixedClock(INSIDE)) as portal, calling(portal) as program:
        with refused(LoginRefused):
            program.authenticate(identity(person, name="x"), key=KEY)
        for name in ("y", person.name):
            with refused(RetryDiffers):
                program.authenticate(identity(person, name=name), key=KEY)


def test_copies_of_one_call_at_once_cost_one_failure(on_either: PublishedExam) -> None:
    person, wrong = on_either.people[0], identity(on_either.people[0], name="x")
    subject = login_budget.subject(on_either.keys.portal.secret("pepper"), EXAM, person.admission_number)

    def send(url: str) -> str:
        with PortalClient(url, EXAM) as program, pytest.raises(RefusedByPortal) as caught:
            program.authenticate(wrong, key=KEY)
        return caught.value.code

    with running(on_either.settings(), FixedClock(INSIDE)) as portal, ThreadPoolExecutor(12) as pool:
        assert set(pool.map(send, [portal.url] * 12)) == {code_of(LoginRefused)}
    with on_either.database.reading() as connection:
        assert login_budget.failures(connection, subject) == 1


def test_one_callers_key_says_nothing_to_another(portal: Running, exam: PublishedExam) -> None:
    first, second = exam.people[:2]
    with calling(portal) as stranger, calling(portal, exam.service_token(Scope.AUTHENTICATE)) as front:
        with refused(LoginRefused):
            stranger.authenticate(identity(first, name="x"), key=KEY)
        right = identity(second, client_address="203.0.113.1")
        assert front.authenticate(right, key=KEY).jti == exam.jti(second)


def test_what_is_remembered_is_forgotten_with_the_next_failure(portal: Running, exam: PublishedExam) -> None:
    with calling(portal) as program, portal.candidate(exam.people[1]) as candidate:
        with refused(LoginRefused):
            program.authenticate(identity(exam.people[0], name="x"), key=KEY)
        portal.at(INSIDE + timedelta(minutes=11))
        candidate.authenticate(name="x")
    with exam.database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(FailedCall)) == 0


@pytest.mark.parametrize("number", ["a\0b", "\0", "a\nb"])
def test_control_characters_are_refused_by_the_api_and_named_on_the_page(
    on_either: PublishedExam, number: str
) -> None:
    with (
        running(on_either.settings(), FixedClock(INSIDE)) as portal,
        portal.candidate(on_either.people[0]) as candidate,
    ):
        assert candidate.authenticate(admission_number=number).json()["code"] == code_of(RequestInvalid)
        page = candidate.log_in(admission_number=number)
        assert page.status_code == 401
        assert code_of(IdentityMalformed) in page.text


def test_without_a_key_of_its_own_each_call_counts(portal: Running, exam: PublishedExam) -> None:
    wrong = identity(exam.people[0], name="x")
    with calling(portal) as program:
        codes = set()
        while code_of(SeatThrottled) not in codes:
            with pytest.raises(RefusedByPortal) as caught:
                program.authenticate(wrong)
            codes.add(caught.value.code)
    assert codes == {code_of(LoginRefused), code_of(SeatThrottled)}
    assert caught.value.retry_after_s is not None
    assert caught.value.retry_after_s > 0


def test_a_failed_activation_that_is_sent_again_costs_one_failure(on_either: PublishedExam) -> None:
    person, stranger = on_either.people[:2]
    licence, device = on_either.licence(person), Device()
    with running(on_either.settings(), FixedClock(INSIDE)) as portal, calling(portal) as program:
        with portal.candidate(stranger) as candidate:
            candidate.http.headers["idempotency-key"] = KEY
            posing = candidate.posing_as(person)
            codes = {
                candidate.activate(licence, identity=posing, device=device).json()["code"] for _ in range(20)
            }
        assert codes == {code_of(IdentityMismatch)}
        body = device.activation(program.nonce(CLIENT_NONCE).nonce, licence, person)
        assert program.activate(ActivationBody.model_validate(body)).activation


@pytest.mark.parametrize("key", ["short", "x" * 101, "with spaces in between", "中文" * 10])
def test_a_key_that_is_none_is_refused(portal: Running, exam: PublishedExam, key: str) -> None:
    with portal.candidate(exam.people[0]) as candidate:
        url, headers = f"{candidate.api}/authenticate", {b"idempotency-key": key.encode()}
        answer = candidate.http.post(url, json=candidate.person.body(), headers=headers)
    assert answer.json()["code"] == code_of(RequestInvalid)


# ------------------------------------------------------------------------------- the client's own promises


class Misbehaving(BaseHTTPRequestHandler):
    """A server that answers what ``answers`` says, one after another; None breaks the connection off."""

    answers: ClassVar[list[tuple[int, bytes] | None]]
    asked: ClassVar[list[tuple[str, str | None, str | None]]]

    def do_POST(self) -> None:
        """Any call."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer()

    def do_GET(self) -> None:
        """Any download."""
        self._answer()

    def _answer(self) -> None:
        self.asked.append((self.command, self.headers.get("idempotency-key"), self.headers.get("range")))
        said = self.answers.pop(0)
        if said is None:
            self.close_connection = True
            return
        status, content = said
        self.send_response(status)
        self.send_header("etag", '"of-all"')
        self.send_header(
            "content-length", "10" if status == 200 and self.command == "GET" else str(len(content))
        )
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def misbehaving(monkeypatch: pytest.MonkeyPatch) -> Iterator[PortalClient]:
    monkeypatch.setattr(client, "PAUSE_S", 0.001)
    Misbehaving.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    with PortalClient(f"http://127.0.0.1:{server.server_port}", EXAM) as made:
        yield made
    server.shutdown()
    server.server_close()
    thread.join()


SOMEBODY = IdentityBody(name="x", id_number="x", admission_number="x")


def test_a_lost_answer_is_asked_for_again_under_the_same_key(misbehaving: PortalClient) -> None:
    granted = (
        b'{"session":"s","jti":"j","state":"open","download":null,"fetch_until":null,"install_code":"c"}'
    )
    Misbehaving.answers = [None, (502, b"<html>"), (200, granted)]
    assert misbehaving.authenticate(SOMEBODY).session == "s"
    keys = {key for _, key, _ in Misbehaving.asked}
    assert len(Misbehaving.asked) == 3
    assert len(keys) == 1
    assert None not in keys


@pytest.mark.parametrize("answers", [[None] * 3, [(503, b"busy")] * 3, [(200, b"{}")], [(404, b"<html>")]])
def test_what_no_portal_says_is_told_apart_from_a_refusal(
    misbehaving: PortalClient, answers: list[tuple[int, bytes] | None]
) -> None:
    Misbehaving.answers = list(answers)
    with pytest.raises(PortalNotUnderstood):
        misbehaving.authenticate(SOMEBODY)
    assert Misbehaving.answers == []


def test_a_download_goes_on_where_it_broke_and_keeps_nothing_that_differs(
    misbehaving: PortalClient, tmp_path: Path
) -> None:
    whole = b"0123456789"
    offer = DownloadOffer(
        url="/installer", size=10, sha256=hashlib.sha256(whole).hexdigest(), filename="x.exe"
    )
    Misbehaving.answers = [(200, whole[:4]), (206, whole[4:])]
    misbehaving.download(offer, None, tmp_path / "x.exe")
    assert (tmp_path / "x.exe").read_bytes() == whole
    assert [asked[2] for asked in Misbehaving.asked] == [None, "bytes=4-"]
    Misbehaving.answers = [(200, b"9876543210")]
    with pytest.raises(DownloadDiffers):
        misbehaving.download(offer, None, tmp_path / "y.exe")
    assert [path.name for path in tmp_path.iterdir()] == ["x.exe"]


def test_keys_verify_what_the_portal_signs(portal: Running, exam: PublishedExam) -> None:
    with calling(portal) as program, portal.candidate(exam.people[0]) as candidate:
        listed = {
            key.kid: b64url_decode(key.x) for key in program.keys().keys if key.oneseat_use == "activation"
        }
        token = candidate.activated(exam.licence(exam.people[0]))
        assert Activation.verify(token, listed).jti == exam.jti(exam.people[0])
        assert program.ready().exams[EXAM].build == BUILD
