"""A seat's own session and extra time in the client: signed by the portal, kept, in doors and countdown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Iterator

import pytest

from oneseat.client.gui import words
from oneseat.client.local.kept_orders import store_orders
from oneseat.client.local.seat_times import charter_of_seat, store_seat_times
from oneseat.client.local.vault import exam_folder, forget_exam
from oneseat.client.schedule import rows
from oneseat.client.sessions.session_windows import current_window
from signing.charter import Charter, FormalSession, Measures
from signing.errors import OneSeatError
from signing.orders import SignedOrder
from signing.session_times import EXTEND, FORMAL, answer_time_ends
from signing.tokens import VERSION, SeatTimes
from tests import charters
from tests.client.simulated import NOW, OWNER, Authority, Installation, Portal, sign
from tests.client.test_window import Screen, check_in_now, enrol, open_session_page, steps_of
from tests.signed_orders import order_of_two
from tests.signing.device_signer import NaClSigner, sign_token

JTI = "ab" * 16
ENDS, SECOND = charters.at(10, 11, 10), timedelta(seconds=1)
EXTRA = timedelta(minutes=5)
AFTERNOON = FormalSession(
    charters.at(10, 14), charters.at(10, 15), charters.at(10, 15), charters.at(10, 15, 10)
)


def token(authority: Authority, jti: str = JTI, session: str = "", extra_s: int = 300, **changes: Any) -> str:
    times = replace(SeatTimes("test", jti, session, extra_s, 0, VERSION), **changes)
    return sign(authority.ticket_key, SeatTimes.TYP, times.claims())


def own(folder: Path, charter: Charter, *tokens: str) -> Charter:
    for each in tokens:
        store_seat_times(folder, charter, JTI, each)
    return charter_of_seat(folder, charter, JTI)


def test_without_an_answer_the_charter_is_everybodys(authority: Authority, tmp_path: Path) -> None:
    charter = authority.charter()
    assert own(tmp_path, charter) is charter
    assert own(tmp_path, charter, token(authority, extra_s=0)) is charter


def test_doors_and_schedule_end_with_the_extra_time_to_the_second(
    authority: Authority, tmp_path: Path
) -> None:
    plain = authority.charter()
    slow = own(tmp_path, plain, token(authority))
    for charter, ends in ((plain, ENDS), (slow, ENDS + EXTRA)):
        window = current_window(charter, FORMAL, ends - SECOND)
        assert window is not None
        assert window.is_open(ends - SECOND)
        assert not window.is_open(ends)
        assert current_window(charter, FORMAL, ends) is None
        assert answer_time_ends(charter, ENDS - SECOND) == ends
    assert "11:15 交卷" in rows(slow, NOW)[-1].note.zh
    assert "11:10 交卷" in rows(plain, NOW)[-1].note.zh


def test_a_seat_has_the_door_of_its_own_session_alone(authority: Authority, tmp_path: Path) -> None:
    charter = authority.charter()
    two = replace(charter, formals=(*charter.formals, AFTERNOON))
    moved = own(tmp_path, two, token(authority, session="1", extra_s=0))
    window = current_window(moved, FORMAL, NOW)
    assert window is not None
    assert (window.opens, window.ends) == (AFTERNOON.login_opens, AFTERNOON.ends)
    assert own(tmp_path, two, token(authority, session="0", extra_s=0)).formals == charter.formals


@pytest.mark.parametrize(
    "changes", [{"jti": "cd" * 16}, {"exam": "other"}, {"extra_s": 86_401}], ids=["seat", "exam", "span"]
)
def test_a_token_of_another_seat_is_not_kept(authority: Authority, tmp_path: Path, changes: Any) -> None:
    charter = authority.charter()
    with pytest.raises(OneSeatError):
        store_seat_times(tmp_path, charter, JTI, token(authority, **changes))
    assert charter_of_seat(tmp_path, charter, JTI) is charter


def test_a_forged_file_counts_as_no_answer(authority: Authority, tmp_path: Path) -> None:
    charter = authority.charter()
    times = SeatTimes("test", JTI, "", 3600, 0, VERSION)
    forged = sign(authority.activation_key, SeatTimes.TYP, times.claims())
    for content in (forged, "", "no token"):
        (tmp_path / f"terms-{JTI}.jws").write_text(content)
        assert charter_of_seat(tmp_path, charter, JTI) is charter


def test_it_is_forgotten_with_the_exam(authority: Authority, installation: Installation) -> None:
    folder = exam_folder(installation.computer.own_folder(), "test")
    store_seat_times(folder, authority.charter(), JTI, token(authority))
    forget_exam(installation.computer, "test")
    assert not folder.exists()


@pytest.fixture
def screen(root: Any, online_installation: Installation) -> Iterator[Screen]:
    screen = Screen(root, online_installation)
    yield screen
    screen.app.close()


def test_the_pages_follow_what_a_check_in_brings_and_keep_it_offline(
    screen: Screen, portal: Portal, authority: Authority
) -> None:
    portal.terms = token(authority, authority.jti(OWNER))
    enrol(screen.installation)
    screen.log_in(OWNER)
    screen.wait_for(lambda: "11:15 交卷" in screen.shown())
    portal.terms = token(authority, authority.jti(OWNER), extra_s=600)
    check_in_now(screen)
    screen.wait_for(lambda: "11:20 交卷" in screen.shown())
    screen.app.log_out()
    portal.broken = lambda _: (503, "text/plain", b"")
    screen.log_in(OWNER)
    screen.wait_for(lambda: "暂时无法连接考生平台" in screen.shown())
    assert "11:20 交卷" in screen.shown()


def test_a_portal_that_does_not_say_changes_nothing(screen: Screen, portal: Portal) -> None:
    open_session_page(screen, words.STEP_SCHEDULE)
    before = steps_of(screen).acceptance
    check_in_now(screen)
    screen.wait_for(lambda: len(portal.builds_checked_in) > 1)
    assert steps_of(screen).acceptance.charter == before.charter
    assert "11:10 交卷" in screen.shown()


def test_an_entered_session_goes_on_with_extra_time_that_comes_meanwhile(
    screen: Screen, portal: Portal, authority: Authority
) -> None:
    screen.installation.opener.fetches = True
    portal.now = screen.installation.clock.at = charters.at(10, 10, 20)
    open_session_page(screen, words.STEP_FORMAL).button.invoke()
    screen.wait_for(lambda: "已进入，本场至" in screen.shown())
    assert "11:10 结束" in screen.shown()
    portal.terms = token(authority, authority.jti(OWNER))
    check_in_now(screen)
    screen.wait_for(lambda: "11:15 结束" in screen.shown())
    entry, awake = steps_of(screen).entry, screen.installation.opener.awake
    assert entry is not None
    for moment, held in ((ENDS, [True]), (ENDS + EXTRA - SECOND, [True]), (ENDS + EXTRA, [True, False])):
        entry.tick(moment)
        assert awake == held
    assert "已进入，本场至" not in screen.shown()


# ------------------------------------------------------------------------------------------ orders

ROOM_KEY = NaClSigner(bytes(range(32)))


def ordered(charter: Charter) -> Charter:
    public = ROOM_KEY.public_key
    return replace(charter, measures=Measures((public,), 1800, 1800, may_end=True))


def order(number: int, key: NaClSigner = ROOM_KEY, **changes: Any) -> str:
    return sign_token(key, SignedOrder.TYP, order_of_two(number, **changes).claims())


def test_doors_follow_kept_orders_with_the_seats_own_time(authority: Authority, tmp_path: Path) -> None:
    charter, later = ordered(authority.charter()), timedelta(minutes=10)
    store_orders(tmp_path, [order(1), order(2, act=EXTEND, seconds=60, seats=("cd" * 16,))])
    (formal,) = charter_of_seat(tmp_path, charter, JTI).formals
    assert (formal.login_closes, formal.ends) == (charter.formals[0].login_closes + later, ENDS + later)
    slow = own(tmp_path, charter, token(authority))
    assert slow.formals[0].ends == ENDS + later + EXTRA
    window = current_window(slow, FORMAL, ENDS + later + EXTRA - SECOND)
    assert window is not None
    store_orders(tmp_path, [order(1), order(2, act=EXTEND, seconds=60, seats=(JTI,))])
    assert charter_of_seat(tmp_path, charter, JTI).formals[0].ends == ENDS + later + EXTRA + 60 * SECOND


def test_orders_that_nobody_signed_move_no_door(authority: Authority, tmp_path: Path) -> None:
    charter = ordered(authority.charter())
    other = NaClSigner(bytes(range(1, 33)))
    store_orders(tmp_path, [order(1, other), "x.y.z", order(1, seconds=1801)])
    assert charter_of_seat(tmp_path, charter, JTI) is charter
    assert charter_of_seat(tmp_path, authority.charter(), JTI).formals == charter.formals
