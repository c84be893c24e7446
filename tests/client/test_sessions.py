"""Session windows, admission to a session, the clock, and the handover of the ticket to the room."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest
from nacl.signing import SigningKey

from oneseat.client import schedule
from oneseat.client.actions import Actions
from oneseat.client.enrol import Enrolment
from oneseat.client.errors import (
    AdmissionWithoutPortal,
    ClockDoubtful,
    EntryForbidden,
    ExamRoomUnnamed,
    ExamRoomUnopened,
    PortalAnswerUnusable,
    PortalRefused,
    PortalUnreachable,
    RoomSilent,
    StorageFailed,
)
from oneseat.client.health.check import BLOCK, PASS, Finding
from oneseat.client.launch import Acceptance
from oneseat.client.local.seat_times import NO_PAUSES
from oneseat.client.online.server_time import MAX_EXCHANGE_S, ServerTime
from oneseat.client.sessions import session_windows
from oneseat.client.sessions.handover import hand_over
from oneseat.client.sessions.held_session import HeldSession, held_session, next_session
from oneseat.client.sessions.one_time_page import OneTimePage
from signing import jws
from signing.charter import ExamRoom
from signing.clock import FixedClock
from signing.refusals import LicenceExpired
from signing.room_tokens import Pass
from signing.text import Text
from signing.tokens import Ticket, room_message
from tests import charters
from tests.client.simulated import (
    NOW,
    OWN_ROOM,
    OWNER,
    ROOM,
    ROOM_TERMS,
    STRANGER,
    Authority,
    Installation,
    Portal,
    sign,
)
from tests.patience import PATIENCE_S

CHARTER = charters.charter()


def chinese(text: Text) -> str:
    return text.zh


def logged_in(installation: Installation, **room: str) -> Tuple[Actions, Acceptance]:
    if room:
        token = installation.authority.charter_token(exam_room=ExamRoom(**{"url": "", "program": "", **room}))
        (installation.program.folder / "charter.jws").write_text(token)
    run = Enrolment(installation.program, installation.computer, installation.clock, installation.log.append)
    run.run(installation.installer(installation.authority.licence_token(OWNER)), OWNER)
    actions = installation.actions()
    return actions, actions.accept(OWNER)


# --------------------------------------------------------------------------------------- session windows


@pytest.mark.parametrize(
    ("day", "hour", "minute", "kind", "opens", "until"),
    [
        (4, 9, 59, "mock", (4, 10, 0), "距模拟面试开放"),
        (4, 10, 0, "mock", (4, 10, 0), "距模拟面试结束"),
        (5, 0, 0, "mock", (5, 10, 0), "距模拟面试开放"),
        (10, 10, 9, "formal", (10, 10, 10), "距正式面试开放"),
        (10, 10, 10, "formal", (10, 10, 10), "已开放，距登录截止"),
        (10, 11, 0, "formal", (10, 10, 10), "距正式面试结束"),
    ],
)
def test_the_current_window_of_a_kind(
    day: int, hour: int, minute: int, kind: str, opens: Tuple[int, int, int], until: str
) -> None:
    now = charters.at(day, hour, minute)
    window = session_windows.current_window(CHARTER, kind, now)
    assert window is not None and window.opens == charters.at(*opens)
    assert schedule.until(HeldSession(window), now).zh == until
    assert window.is_open(now) == (now >= window.opens)
    assert window.next_change(now) > now


def test_when_all_is_over_there_is_no_window() -> None:
    assert session_windows.current_window(CHARTER, "mock", charters.at(6, 0)) is None
    assert session_windows.current_window(CHARTER, "formal", charters.at(10, 11, 10)) is None
    over, before = (
        next_session(held_session(CHARTER, kind, now, NO_PAUSES, None) for kind in session_windows.KINDS)
        for now in (charters.at(10, 11, 10), charters.at(6, 0))
    )
    assert over is None
    assert before is not None and before.window.kind == "formal"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "00:00:00"), (0.2, "00:00:01"), (59.0, "00:00:59"), (3661, "01:01:01"), (90061, "1 天 01:01:01")],
)
def test_a_countdown_never_ends_early(seconds: float, shown: str) -> None:
    assert schedule.countdown(timedelta(seconds=seconds)).zh == shown


# ---------------------------------------------------------------------------------------- the time


class Counter:
    """A monotonic counter that a test advances."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_the_portals_time_runs_on_whatever_happens_to_the_clock() -> None:
    own, counter = FixedClock(NOW + timedelta(hours=5)), Counter()
    time = ServerTime(own, counter)
    assert time.now() == own.now() and not time.is_synchronised
    time.synchronise(lambda: int(NOW.timestamp()))
    counter.seconds += 60
    for moved in (NOW - timedelta(days=400), NOW + timedelta(days=400)):
        own.at = moved
        assert time.now() == NOW + timedelta(seconds=60.5)
        assert time.own_clock_ahead() == moved - time.now()


def test_a_slow_answer_does_not_replace_a_quick_one() -> None:
    counter = Counter()
    time = ServerTime(FixedClock(NOW), counter)

    def slowly() -> int:
        counter.seconds += MAX_EXCHANGE_S + 1
        return int(NOW.timestamp()) - 100

    time.synchronise(lambda: int(NOW.timestamp()))
    time.synchronise(slowly)
    assert time.now() >= NOW


@pytest.mark.parametrize("days", [-400, 400])
def test_with_a_turned_clock_the_portals_time_decides(online_installation: Installation, days: int) -> None:
    logged_in(online_installation)
    online_installation.clock = FixedClock(NOW + timedelta(days=days))
    actions = online_installation.actions()
    assert actions.accept_or_ask(OWNER)
    assert abs(actions.time.own_clock_ahead() - timedelta(days=days)) < timedelta(seconds=5)


def test_turning_the_clock_back_does_not_revive_a_licence(
    online_installation: Installation, portal: Portal
) -> None:
    logged_in(online_installation)
    online_installation.clock = FixedClock(NOW - timedelta(days=400))
    portal.now = online_installation.authority.charter().ends
    with pytest.raises(LicenceExpired):
        online_installation.actions().accept_or_ask(OWNER)


def test_with_a_turned_clock_and_no_portal_it_is_said_so(
    online_installation: Installation, portal: Portal
) -> None:
    logged_in(online_installation)
    online_installation.clock = FixedClock(NOW + timedelta(days=400))
    portal.broken = lambda _: (500, "text/html", b"<h1>502</h1>")
    with pytest.raises(ClockDoubtful) as refused:
        online_installation.actions().accept_or_ask(OWNER)
    assert "OS-049" in refused.value.cause_text.zh
    assert "（北京时间）" in refused.value.cause_text.zh and "(Beijing time)" in refused.value.cause_text.en


# ----------------------------------------------------------------------------------- entering a session


def test_an_open_session_gives_a_ticket_and_a_signature_for_this_room(
    online_installation: Installation,
) -> None:
    actions, acceptance = logged_in(online_installation)
    admission = actions.enter(acceptance, "mock")
    assert admission.ends == charters.at(5, 0)
    keys = acceptance.charter.keys_for("ticket")
    ticket = Ticket.verify(admission.credential.ticket, keys)
    assert (ticket.kind, ticket.jti) == ("mock", acceptance.licence.jti)
    credential = admission.credential
    proof, device = jws.b64url_decode(credential.proof), jws.b64url_decode(ticket.device)
    jws.verify_bytes(room_message(credential.ticket, ROOM.url, credential.at), proof, device)


def test_a_closed_session_is_refused_with_the_portals_own_rule(online_installation: Installation) -> None:
    actions, acceptance = logged_in(online_installation)
    with pytest.raises(PortalRefused) as refused:
        actions.enter(acceptance, "formal")
    assert refused.value.code == "OS-200"


def test_a_provisional_enrolment_is_asked_for_and_refused_by_the_portal(
    installation: Installation, authority: Any, tmp_path: Path
) -> None:
    code = authority.install_code(OWNER)
    run = Enrolment(installation.program, installation.computer, installation.clock, installation.log.append)
    run.run(installation.installer(authority.licence_token(OWNER)), replace(OWNER, install_code=code))
    with Portal(authority):
        (installation.program.folder / "charter.jws").write_text(authority.charter_token())
        actions = installation.actions()
        with pytest.raises(PortalRefused) as refused:
            actions.enter(actions.accept(OWNER), "mock")
    assert refused.value.code == "OS-183"


def test_a_warning_comes_with_the_ticket(online_installation: Installation, portal: Portal) -> None:
    actions, acceptance = logged_in(online_installation)
    portal.warning = {"code": "mock-missing", "en": "No mock", "zh": "未参加模拟面试"}
    assert actions.enter(acceptance, "mock").response.warning == Text("No mock", "未参加模拟面试")


@pytest.fixture
def portal_is_down(installation: Installation, authority: Authority) -> Tuple[Actions, Acceptance]:
    """A login to an exam with this project's own room, whose portal has gone since."""
    token = authority.own_room_token
    with Portal(authority):
        (installation.program.folder / "charter.jws").write_text(token())
        found = logged_in(installation)
    assert found[1].charter.room is not None
    return found


def test_the_room_admits_an_activated_computer_while_the_portal_is_down(
    installation: Installation, portal_is_down: Tuple[Actions, Acceptance]
) -> None:
    actions, acceptance = portal_is_down
    admission = actions.enter(acceptance, "mock")
    assert installation.room.asked == [("admission", "mock")]
    given = Pass.verify(admission.response.token, ROOM_TERMS.receipt_keys_by_kid)
    assert (given.jti, given.kind) == (acceptance.licence.jti, "mock")
    credential = admission.credential
    message = room_message(credential.ticket, OWN_ROOM.url, credential.at)
    jws.verify_bytes(message, jws.b64url_decode(credential.proof), acceptance.seat.device.public_key)


def test_a_room_that_asks_for_tickets_says_what_to_do(
    installation: Installation, portal_is_down: Tuple[Actions, Acceptance]
) -> None:
    actions, acceptance = portal_is_down
    off = PortalRefused.of(2170, 403, Text("Off", "未开放"), Text("Wait", "请稍候"))
    installation.room.refusal = off
    with pytest.raises(AdmissionWithoutPortal) as refused:
        actions.enter(acceptance, "mock")
    assert refused.value.code == "OS-1254"
    assert "不要关机" in refused.value.remedy_text.zh
    installation.room.refusal = RoomSilent(why="OS-120")
    with pytest.raises(PortalUnreachable):
        actions.enter(acceptance, "mock")


HOURS = timedelta(hours=5)


@pytest.mark.parametrize("by", ["entry", "check-in"])
def test_a_wrong_clock_is_set_right_by_the_room_while_the_portal_is_down(
    installation: Installation, portal_is_down: Tuple[Actions, Acceptance], by: str
) -> None:
    actions, acceptance = portal_is_down
    installation.clock.at = NOW - HOURS
    assert actions.time.now() == NOW - HOURS
    if by == "entry":
        credential = actions.enter(acceptance, "mock").credential
        assert 0 <= credential.at - NOW.timestamp() < 60, "what the device signs has the room's time"
    else:
        with pytest.raises(PortalUnreachable):
            actions.check_in(acceptance)
    assert actions.time.is_synchronised
    assert timedelta(0) <= actions.time.now() - NOW < timedelta(minutes=1)
    installation.room.now = NOW + HOURS
    actions.enter(acceptance, "mock")
    assert actions.time.now() - NOW < timedelta(minutes=1), "it is asked once"


@pytest.mark.parametrize("change", ["exam", "nonce", "key", "form", "silent"])
def test_a_time_that_is_not_the_rooms_own_changes_nothing(
    installation: Installation, portal_is_down: Tuple[Actions, Acceptance], change: str
) -> None:
    actions, acceptance = portal_is_down
    installation.clock.at = NOW - HOURS
    if change == "key":
        installation.room.key = SigningKey.generate()
    elif change == "silent":
        installation.room.refusal = RoomSilent(why="OS-120")
    else:
        installation.room.time_claims = {change: "other"} if change != "form" else {"v": 9}
    with pytest.raises(PortalUnreachable):
        actions.check_in(acceptance)
    assert not actions.time.is_synchronised and actions.time.now() == NOW - HOURS


def test_a_licence_that_seems_not_valid_is_judged_by_the_rooms_time_where_the_portal_gives_none(
    installation: Installation, portal_is_down: Tuple[Actions, Acceptance]
) -> None:
    actions, _ = portal_is_down
    installation.clock.at = NOW - timedelta(days=400)
    assert actions.accept_or_ask(OWNER).seat is not None
    assert actions.time.is_synchronised


@pytest.mark.parametrize("change", ["exam", "jti", "device", "kind", "key"])
def test_a_pass_that_is_not_ours_is_not_taken(
    installation: Installation, portal_is_down: Tuple[Actions, Acceptance], change: str
) -> None:
    actions, acceptance = portal_is_down
    others = {"exam": "other", "jti": "0" * 32, "device": jws.b64url_encode(bytes(32)), "kind": "formal"}
    if change == "key":
        installation.room.key = SigningKey.generate()
    else:
        installation.room.given = {change: others[change]}
    with pytest.raises(PortalAnswerUnusable):
        actions.enter(acceptance, "mock")


@pytest.mark.parametrize("change", ["exam", "jti", "device", "kind", "key", "none", "text"])
def test_a_ticket_that_is_not_ours_is_not_taken(
    online_installation: Installation, portal: Portal, change: str
) -> None:
    actions, acceptance = logged_in(online_installation)
    answer = portal.let_in

    def wrong(asked: Any) -> Tuple[int, str, bytes]:
        status, kind, body = answer(asked)
        response = json.loads(body)
        ticket = Ticket.parse(json.loads(jws.b64url_decode(response["ticket"].split(".")[1])))
        key = (
            online_installation.authority.activation_key
            if change == "key"
            else online_installation.authority.ticket_key
        )
        other: Dict[str, Any] = {
            "exam": {"exam": "other"},
            "jti": {"jti": online_installation.authority.jti(STRANGER)},
            "device": {"device": jws.b64url_encode(bytes(32))},
            "kind": {"kind": "formal"},
        }.get(change, {})
        response["ticket"] = sign(key, Ticket.TYP, replace(ticket, **other).claims())
        response["ticket"] = {"none": None, "text": "ticket"}.get(change, response["ticket"])
        return status, kind, json.dumps(response).encode()

    portal.let_in = wrong  # type: ignore[method-assign]
    with pytest.raises(PortalAnswerUnusable):
        actions.enter(acceptance, "mock")


def test_without_an_exam_room_no_ticket_is_requested(
    online_installation: Installation, portal: Portal
) -> None:
    actions, acceptance = logged_in(online_installation)
    nowhere = replace(acceptance, charter=replace(acceptance.charter, exam_room=None))
    portal.asked.clear()
    with pytest.raises(ExamRoomUnnamed):
        actions.enter(nowhere, "mock")
    assert portal.asked == []


def test_what_is_forbidden_prevents_entry_and_what_is_missing_does_not() -> None:
    name, seen, absent = (
        Text("Antivirus", "杀毒软件"),
        Text("av runs", "正在运行杀毒软件"),
        Text("none", "未发现"),
    )
    missing = Finding("camera", Text("Camera", "摄像头"), BLOCK, absent, absent)
    session_windows.check_fit([Finding("av", name, PASS, seen), missing])
    with pytest.raises(EntryForbidden) as refused:
        session_windows.check_fit([missing, Finding("av", name, BLOCK, seen, seen, forbidden=True)])
    assert "正在运行杀毒软件" in refused.value.cause_text.zh and "未发现" not in refused.value.cause_text.zh
    runs = Finding("av", name, BLOCK, seen, seen, forbidden=True)
    assert session_windows.check_fit([missing, runs], gates_have_fallen=True) == (runs,)


def test_twenty_minutes_before_a_formal_session_it_is_too_late_to_restart() -> None:
    rules, second, near = charters.charter(), timedelta(seconds=1), timedelta(minutes=20)
    [formal] = rules.formals
    moments = (formal.starts - near - second, formal.starts - near, formal.ends - second, formal.ends)
    assert [session_windows.is_formal_near(rules, moment) for moment in moments] == [False, True, True, False]


def test_the_gates_of_a_formal_session_in_the_own_room_fall_before_its_start() -> None:
    own = replace(charters.charter(), exam_room=OWN_ROOM, room=ROOM_TERMS)
    [formal] = own.formals
    second = timedelta(seconds=1)
    before = timedelta(seconds=ROOM_TERMS.gates_until_s)
    for moment, fallen in (
        (formal.starts - before - second, False),
        (formal.starts - before, True),
        (formal.ends - second, True),
        (formal.ends, False),
    ):
        assert session_windows.gates_have_fallen(own, "formal", moment) is fallen
    assert not session_windows.gates_have_fallen(own, "mock", formal.starts)
    assert not session_windows.gates_have_fallen(charters.charter(), "formal", formal.starts)


# -------------------------------------------------------------------------------------- handing over


def fetched(url: str, host: str = "") -> Tuple[int, str, Any]:
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, "", refusal.headers


def test_a_page_gets_the_credential_by_post_and_the_address_holds_nothing(
    online_installation: Installation,
) -> None:
    actions, acceptance = logged_in(online_installation)
    admission = actions.enter(acceptance, "mock")
    credential = admission.credential
    page = hand_over(lambda: credential, admission.room, online_installation.opener, chinese)
    assert page is not None and online_installation.opener.browsed == [page.url]
    assert page.url.startswith("http://127.0.0.1:")
    assert not any(part in page.url for part in credential.ticket.split("."))
    status, body, headers = fetched(page.url)
    assert status == 200 and f'method="post" action="{ROOM.url}"' in body
    for name, value in credential.fields().items():
        assert f'name="{name}" value="{value}"' in body
    assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
    assert "正在进入考场" in body and page.fetched.wait(PATIENCE_S)


def test_the_page_is_served_once_by_its_address_and_its_name_alone() -> None:
    page = OneTimePage(ROOM.url, lambda: {"ticket": "a.b.c"}, chinese)
    base = page.url.rsplit("/", 1)[0]
    for url, host in (
        (f"{base}/", ""),
        (f"{base}/x", ""),
        (page.url, "room.example"),
        (page.url, "localhost"),
    ):
        assert fetched(url, host)[0] == 404
    assert page.take(page.url[len(base) :], base[len("http://") :])
    assert fetched(page.url)[0] == 404
    page.close()
    with pytest.raises(OSError):  # noqa: PT011 -- the system's own words
        fetched(page.url)


def test_the_page_ends_by_itself() -> None:
    page = OneTimePage(ROOM.url, dict, chinese, lifetime_s=0.05)
    page._end.join(PATIENCE_S)
    with pytest.raises(OSError):  # noqa: PT011 -- the system's own words
        fetched(page.url)


def test_what_a_charter_says_cannot_break_out_of_the_page() -> None:
    page = OneTimePage('https://x.example/"><script>', lambda: {"ticket": '"><b>'}, chinese)
    body = fetched(page.url)[1]
    assert "<script>" not in body and "<b>" not in body


def test_a_program_gets_the_credential_on_its_standard_input(online_installation: Installation) -> None:
    actions, acceptance = logged_in(online_installation, program=r"Exam Room\Room.exe")
    admission = actions.enter(acceptance, "mock")
    credential = admission.credential
    assert hand_over(lambda: credential, admission.room, online_installation.opener, chinese) is None
    [(program, line)] = online_installation.opener.started
    assert program == r"Exam Room\Room.exe" and line.endswith(b"\n")
    assert json.loads(line) == credential.fields()


@pytest.mark.parametrize("room", [{"url": ROOM.url}, {"program": r"Exam Room\Room.exe"}])
def test_a_room_that_does_not_open_is_a_refusal_and_leaves_no_page(
    online_installation: Installation, room: Any
) -> None:
    actions, acceptance = logged_in(online_installation, **room)
    admission = actions.enter(acceptance, "mock")
    online_installation.opener.fails = True
    with pytest.raises(ExamRoomUnopened) as refused:
        hand_over(admission.sign, admission.room, online_installation.opener, chinese)
    assert refused.value.code == "OS-128"


# ------------------------------------------------------------------------- synchronisation on a full disk


def full(*_: object) -> None:
    raise StorageFailed(reason=Text("No space left on device", "磁盘已满"))


def test_a_full_disk_does_not_undo_the_portals_yes(
    online_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions, _ = logged_in(online_installation)
    monkeypatch.setattr("oneseat.client.local.portal_cache.PortalCache._write", full)
    outcome = actions.sync(OWNER)
    assert outcome.activation is not None and isinstance(outcome.fault, StorageFailed)
    assert actions.accept(OWNER)


def test_a_full_disk_does_not_let_a_withdrawn_seat_go_on(
    online_installation: Installation, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions, _ = logged_in(online_installation)
    monkeypatch.setattr("oneseat.client.local.portal_cache.PortalCache._write", full)
    portal.revoked.append(online_installation.authority.jti(OWNER))
    with pytest.raises(PortalRefused) as refused:
        actions.sync(OWNER)
    assert refused.value.code == "OS-179"
