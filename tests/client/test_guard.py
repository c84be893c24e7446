"""The guard: what becomes an event, once; kept and sent later; from the consent to the attempt's end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List, cast

import pytest

from oneseat.client.actions import Actions
from oneseat.client.computer.device import Device
from oneseat.client.computer.sleep_watch import SleepClocks
from oneseat.client.errors import PortalAnswerUnusable, PortalRefused, RoomSilent
from oneseat.client.guard.journal import AT_ONCE, MAX_UNSENT, Journal
from oneseat.client.guard.sight import SeenProgram
from oneseat.client.guard.watching import MAX_OF_CODE, Found, Present, Watch
from oneseat.client.gui.room_ticker import RoomTicker
from oneseat.client.online.room import parse_answer
from signing.charter import Software
from signing.text import Text
from tests import charters
from tests.client.simulated import NOW, USUAL_SIGHT, Installation, RecordedSight, SimulatedComputer
from tests.client.test_room_follower import Bench

WECHAT = Software("微信", "chat", "warn", ("WeChat", "Weixin"), (), ())
TODESK = Software("ToDesk", "remote", "warn", ("ToDesk",), ("ToDesk_Service",), ())
CHARTER = replace(charters.charter(), catalogue=(WECHAT, TODESK))
ATTEMPT = "a" * 32


class Looks:
    """A watch with a recorded sight."""

    def __init__(self, **requirements: Any) -> None:
        charter = replace(CHARTER, requirements=replace(CHARTER.requirements, **requirements))
        self.watch, self.sight = Watch(charter), RecordedSight()
        self.first = self.look()

    def look(self, **changes: Any) -> List[Found]:
        self.sight.change(**changes)
        sight = self.sight.look(Path())
        return self.watch.look(sight, NOW + timedelta(seconds=sight.clocks.elapsed_s))

    @property
    def present(self) -> List[Present]:
        return list(self.watch.present)

    def codes(self, **changes: Any) -> List[str]:
        return [found.code for found in self.look(**changes)]


def with_programs(*names: str) -> Dict[str, Any]:
    return {"programs": (*USUAL_SIGHT.programs, *map(SeenProgram, names))}


def test_the_first_look_says_what_there_was() -> None:
    looks = Looks()
    assert looks.first == [
        Found("guard-started", {"screens": 1, "remote": False}),
        Found("foreground", {"program": "msedge.exe"}),
    ]
    assert looks.look() == [] and looks.present == []


def test_a_program_of_the_catalogue_is_one_event_however_often_it_is_seen() -> None:
    looks = Looks()
    facts = {"software": "微信", "role": "chat", "program": "Weixin.exe"}
    assert looks.look(**with_programs("Weixin.exe", "WeChat.exe")) == [Found("software", facts)]
    assert looks.look() == [] and looks.present == [Present("software", "微信")]
    assert looks.look(**with_programs()) == [Found("software-gone", {"software": "微信"})]
    assert looks.present == []
    assert looks.look(**with_programs("WeChat.exe")) == [], "one event per program and session"
    assert looks.present == [Present("software", "微信")]


def test_a_renamed_program_is_known_by_its_makers_name() -> None:
    looks = Looks()
    programs = (*USUAL_SIGHT.programs, SeenProgram("notes.exe", "ToDesk.exe"))
    [found] = looks.look(programs=programs)
    assert found.facts == {"software": "ToDesk", "role": "remote", "program": "notes.exe"}


def test_an_updater_is_not_the_program() -> None:
    assert Looks().codes(**with_programs("WeChatUpdate.exe", "ToDesk_Setup.exe")) == []


def test_screens_remote_sessions_and_windows_are_events_when_they_change() -> None:
    looks = Looks()
    assert looks.look(screens=2) == [Found("screens", {"count": 2})]
    assert looks.codes(is_remote=True) == ["remote-session"]
    assert looks.look(browser_windows=2) == [Found("browser-windows", {"count": 2})]
    assert [each.code for each in looks.present] == ["screens", "remote-session", "browser-windows"]
    assert looks.codes(screens=1, is_remote=False, browser_windows=1) == [
        "screens",
        "remote-session-ended",
        "browser-windows",
    ]
    assert looks.codes(browser_windows=0) == [], "its life is the room's word"
    allowed = Looks(external_screens=True)
    assert allowed.codes(screens=2) == ["screens"] and allowed.present == []


def test_of_the_clipboard_only_that_a_picture_came() -> None:
    looks = Looks()
    assert looks.codes(clipboard=8) == []
    assert looks.look(clipboard=9, clipboard_has_picture=True) == [Found("clipboard-picture", {})]
    assert looks.codes() == []


def test_power_clock_and_sleep() -> None:
    looks = Looks()
    assert looks.look(on_mains=False) == [Found("mains-lost", {"battery": 90})]
    assert looks.codes(on_mains=None) == [] and looks.codes(on_mains=True) == ["mains-back"]
    assert looks.look(wall_s=looks.sight.sight.wall_s + 600) == [Found("clock-changed", {"seconds": 600})]
    assert looks.codes(wall_s=looks.sight.sight.wall_s + 1) == [], "a correction from the network"
    clocks = looks.sight.sight.clocks
    slept = SleepClocks(clocks.elapsed_s + 130, clocks.awake_s, clocks.wake_ups)
    found = looks.look(clocks=slept, wall_s=looks.sight.sight.wall_s + 130)
    assert found == [Found("slept", {"seconds": 132})]


def test_each_program_in_front_is_named_once_and_what_flickers_is_bounded() -> None:
    looks = Looks()
    assert looks.look(foreground="notepad.exe") == [Found("foreground", {"program": "notepad.exe"})]
    assert looks.codes(foreground="msedge.exe") == [] and looks.codes(foreground="NOTEPAD.EXE") == []
    assert looks.codes(foreground="") == []
    found = [looks.codes(screens=1 + turn % 2) for turn in range(1, 100)]
    assert sum(map(len, found)) == MAX_OF_CODE


# ----------------------------------------------------------------------------------------------- journal


class Kept:
    """A journal on a simulated computer."""

    def __init__(self, folder: Path) -> None:
        self.computer, self.device = SimulatedComputer(folder), Device.new({"machine": b"1"})
        self.journal = self.open()

    def open(self) -> Journal:
        return Journal(self.computer, "test", ATTEMPT, self.device)

    def add(self, count: int = 1) -> None:
        for number in range(count):
            self.journal.add("software", {"software": f"微信{number}"}, NOW, "")
        self.journal.keep()

    def hash(self, index: int) -> str:
        return self.journal.unsent[index].hash(ATTEMPT)

    @property
    def path(self) -> Path:
        return self.computer.own_folder() / "test" / f"guard-{ATTEMPT}.bin"


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_events_are_kept_encrypted_and_outlive_the_program(kept: Kept) -> None:
    kept.add(2)
    assert b"software" not in kept.path.read_bytes()
    again = kept.open()
    assert again.unsent == kept.journal.unsent and len(again.unsent) == 2
    assert all(event.is_signed_by(ATTEMPT, kept.device.public_key) for event in again.unsent)
    assert again.unsent[1].previous == kept.hash(0)


def test_what_the_room_has_is_dropped_and_the_rest_is_sent_again(kept: Kept) -> None:
    kept.add(3)
    left = kept.journal.unsent[2:]
    kept.journal.acknowledge(2, kept.hash(1))
    assert kept.journal.unsent == left == kept.open().unsent
    kept.journal.acknowledge(2, left[0].previous)
    assert kept.journal.unsent == left


def test_after_a_lost_file_the_chain_goes_on_from_the_rooms(kept: Kept) -> None:
    kept.path.parent.mkdir(parents=True, exist_ok=True)
    kept.path.write_bytes(b"damaged")
    kept.journal = kept.open()
    kept.add(2)
    kept.journal.acknowledge(7, "0" * 64)
    assert [event.sequence for event in kept.journal.unsent] == [8, 9]
    assert [event.previous for event in kept.journal.unsent] == ["0" * 64, kept.hash(0)]
    assert all(event.is_signed_by(ATTEMPT, kept.device.public_key) for event in kept.journal.unsent)


def test_a_look_carries_some_and_the_file_stays_bounded(kept: Kept) -> None:
    kept.add(MAX_UNSENT + 5)
    assert len(kept.journal.unsent) == AT_ONCE
    last = kept.journal._unsent[-1]
    assert (last.sequence, last.code) == (MAX_UNSENT, "full")
    assert len(kept.open()._unsent) == MAX_UNSENT


# ------------------------------------------------------------------------------------ with the follower


@pytest.fixture
def bench(installation: Installation) -> Bench:
    """In the room with a consent, and the room says: watch."""
    bench = Bench(installation)
    bench.in_room()
    return bench


def guard_codes(bench: Bench) -> List[str]:
    return [event["code"] for event in bench.room.reported]


def test_nothing_is_looked_at_before_the_room_says_so(bench: Bench) -> None:
    bench.follower.guard.look()
    bench.look(window=True)
    assert not bench.follower.guard.is_on and bench.installation.sight.profiles == []
    assert bench.room.present is None and bench.room.reported == []


def test_what_is_seen_goes_with_the_next_look_until_the_room_has_it(bench: Bench) -> None:
    bench.room.guards()
    bench.look(window=True)
    assert bench.follower.guard.is_on and bench.room.present is None, "it has not looked yet"
    bench.follower.guard.look()
    assert bench.installation.sight.profiles == [bench.profile.folder]
    assert bench.follower.guard.has_news
    bench.look(window=True)
    assert guard_codes(bench) == ["guard-started", "foreground"] and bench.room.present == []
    assert not bench.follower.guard.has_news
    assert bench.room.reported[0]["server_time_seen"].startswith("2035-01-04T04:00")


def test_what_the_door_found_goes_with_the_first_report(bench: Bench) -> None:
    bench.room.guards()
    bench.follower.guard.came_with([("antivirus", "block"), ("chat", "warn")])
    bench.look(window=True)
    for _ in range(2):
        bench.follower.guard.look()
        bench.look(window=True)
        bench.follower.guard.came_with([("chat", "warn")])
    doors = [event["facts"] for event in bench.room.reported if event["code"] == "door"]
    assert doors == [{"check": "antivirus", "status": "block"}, {"check": "chat", "status": "warn"}]


def test_events_of_a_time_without_network_come_later(bench: Bench) -> None:
    bench.room.guards()
    bench.look(window=True)
    bench.room.refusal = RoomSilent(why="OS-049")
    bench.follower.guard.look()
    bench.look(window=False)
    bench.installation.sight.change(screens=2)
    bench.follower.guard.look()
    bench.start()
    bench.room.refusal = None
    for _ in range(2):
        bench.look(window=True)
    assert guard_codes(bench) == ["guard-started", "foreground", "screens"]
    bench.follower.guard.look()
    bench.look(window=True)
    assert guard_codes(bench)[3:] == ["guard-resumed"], "and what it saw before is not new"


def test_the_page_is_unseen_while_its_window_or_the_room_is_away(bench: Bench) -> None:
    assert not bench.follower.is_page_unseen, "nothing is watched"
    bench.room.guards()
    bench.look(window=True)
    assert not bench.follower.is_page_unseen
    bench.look(window=False, seconds=20)
    assert bench.follower.is_page_unseen
    bench.look(window=True)
    bench.room.refusal = RoomSilent(why="OS-049")
    bench.look(window=False)
    assert bench.follower.is_page_unseen


def test_it_ends_with_the_hand_in_and_leaves_no_file(bench: Bench) -> None:
    bench.room.guards()
    bench.look(window=True)
    bench.follower.guard.look()
    path = bench.installation.computer.own_folder() / "test" / f"guard-{ATTEMPT}.bin"
    assert path.exists()
    bench.handed_in()
    bench.room.guards(watch=False)
    bench.look(window=True)
    assert not bench.follower.guard.is_on and guard_codes(bench) == ["guard-started", "foreground"]
    bench.look(window=True)
    assert not path.exists()


def test_without_a_room_it_ends_after_the_attempts_end(bench: Bench) -> None:
    bench.room.guards()
    bench.look(window=True)
    bench.installation.clock.at = NOW + timedelta(hours=1, minutes=3)
    bench.follower.guard.look()
    assert not bench.follower.guard.is_on


def test_a_report_that_the_room_refuses_does_not_stop_the_looks(bench: Bench) -> None:
    bench.room.guards()
    bench.look(window=True)
    bench.follower.guard.look()
    bench.room.refusal = PortalRefused.of(2131, 403, Text("", ""), Text("", ""))
    bench.look(window=True)
    assert not bench.follower.guard.has_news
    bench.room.refusal = None
    bench.look(window=True)
    assert bench.room.present == []


def test_an_interview_that_goes_well_asks_the_room_less_often(bench: Bench) -> None:
    actions = cast(Actions, SimpleNamespace(rooms=bench.follower))
    ticker = RoomTicker(actions, lambda *_: None, lambda text: text.zh, lambda: None, lambda _: None)
    bench.look(window=False)
    assert ticker.every_s == 5
    bench.room.guards()
    bench.look(window=True)
    bench.follower.guard.look()
    assert ticker.every_s == 2, "the room is told at once that it watches"
    bench.look(window=True)
    assert ticker.every_s == 10
    bench.installation.sight.change(screens=2)
    bench.follower.guard.look()
    assert ticker.every_s == 2
    bench.look(window=True)
    bench.look(window=False, seconds=20)
    assert ticker.every_s == 5, "its page is away"


def test_what_is_gone_is_news_too(bench: Bench) -> None:
    bench.room.guards()
    bench.look(window=True)
    bench.installation.sight.change(screens=2)
    for screens in (2, 1, 2):
        bench.installation.sight.change(screens=screens)
        bench.follower.guard.look()
        assert bench.follower.guard.has_news
        bench.look(window=True)
        assert not bench.follower.guard.has_news
        assert [each["code"] for each in bench.room.present or []] == ["screens"] * (screens - 1)


@pytest.mark.parametrize(
    "changes", [{"attempt": "../" + "a" * 29}, {"head": ""}, {"watch": 1}], ids=["path", "head", "flag"]
)
def test_an_answer_of_another_form_is_none(bench: Bench, changes: Dict[str, Any]) -> None:
    bench.room.guards()
    assert bench.room.guard is not None
    bench.room.guard.update(changes)
    with pytest.raises(PortalAnswerUnusable):
        parse_answer(json.dumps(bench.room.answer()).encode())
