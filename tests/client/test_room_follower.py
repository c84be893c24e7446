"""Following attempts in the own room: grants that last, uploads without a window, what is deleted."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Optional

import pytest

from oneseat.client import commands
from oneseat.client.computer.device import Device
from oneseat.client.enrol import Enrolment
from oneseat.client.errors import (
    PortalAnswerUnusable,
    PortalRefused,
    ProfileFolderNotOurs,
    RoomInsecure,
    RoomSilent,
)
from oneseat.client.local.kept_uploads import KeptUpload, KeptUploads, latest_end, seats_with_uploads
from oneseat.client.local.room_profile import RoomProfile, finished_profiles
from oneseat.client.local.vault import forget_exam
from oneseat.client.online.room import LookRequest, RoomOnline, parse_answer, upload_fields
from oneseat.client.sessions import room_state as state
from oneseat.client.sessions.room_follower import RoomFollower
from signing import jws
from signing.room_tokens import upload_message
from signing.text import Text
from tests.client.simulated import NOW, OWNER, Installation, wire

URL = "http://127.0.0.1:5000/once"


class Bench:
    """A follower on a simulated computer, with a clock that a test advances."""

    def __init__(self, installation: Installation) -> None:
        authority = installation.authority
        (installation.program.folder / "charter.jws").write_text(authority.own_room_token())
        path = installation.installer(authority.licence_token(OWNER))
        enrolment = Enrolment(
            installation.program, installation.computer, installation.clock, installation.log.append
        )
        enrolment.run(path, replace(OWNER, install_code=authority.install_code(OWNER)))
        self.installation, self.room, self.opener = installation, installation.room, installation.opener
        self.seconds = 1000.0
        self.start()
        self.jti = authority.jti(OWNER)
        self.profile = RoomProfile(installation.computer, self.jti)
        self.device: Device = self.actions.accept(OWNER).seat.device

    def start(self) -> None:
        """As at a start of the program."""
        self.actions = self.installation.actions()
        self.follower = RoomFollower(self.actions, self.actions.charter, lambda: self.seconds)

    def enter(self, ticket: str = "ticket-1", kind: str = "mock") -> None:
        self.follower.open(kind, self.jti, self.device, ticket, URL)

    def later(self, seconds: float) -> None:
        self.seconds += seconds
        self.room.now += timedelta(seconds=seconds)

    def look(self, *, window: bool, seconds: float = 5) -> None:
        self.later(seconds)
        if window:
            self.room.window_seen_at = self.room.now
        self.follower.look()

    def stage(self) -> Optional[str]:
        view = self.follower.view(self.jti, "mock")
        return None if view is None else view.stage

    def in_room(self) -> None:
        """Entered, with a consent."""
        self.enter()
        self.room.be("questions", starts_at=NOW, ends_at=NOW + timedelta(hours=1))
        self.room.grant = "grant-1"
        self.look(window=True)

    def handed_in(self, left: int = 5_000_000) -> None:
        self.room.be("uploading", starts_at=NOW, ends_at=NOW, handed_in_at=NOW)
        self.room.left = left

    @property
    def kept(self) -> Any:
        return KeptUploads(self.installation.computer, "test", self.jti).read()


@pytest.fixture
def bench(installation: Installation) -> Bench:
    return Bench(installation)


def test_the_room_opens_in_a_profile_of_its_own_and_entered_is_the_rooms_word(bench: Bench) -> None:
    bench.enter()
    [command] = bench.opener.browsers
    assert command[0] == "C:\\edge\\msedge.exe" and command[-1] == f"--app={URL}"
    assert f"--user-data-dir={bench.profile.folder}" in command and bench.profile.exists()
    assert bench.profile.folder == bench.installation.computer.own_folder() / "room" / bench.jti
    assert bench.stage() == state.WAITING
    bench.look(window=False)
    assert bench.stage() == state.WAITING and bench.room.asked == [("ticket", "ticket-1")]
    bench.room.be("consent")
    bench.look(window=True)
    assert bench.stage() == state.INSIDE


def test_a_window_that_was_there_before_is_not_this_entry(bench: Bench) -> None:
    bench.room.window_seen_at = bench.room.now - timedelta(seconds=3)
    bench.room.be("questions", handed_in_at=NOW, completed_at=NOW)
    bench.enter()
    bench.look(window=False, seconds=1)
    assert bench.stage() == state.WAITING, "an earlier attempt is complete; this one has not begun"
    bench.room.be("consent")
    bench.look(window=True)
    assert bench.stage() == state.INSIDE


def test_a_room_out_of_reach_is_waited_for_with_its_code(bench: Bench) -> None:
    bench.room.refusal = RoomSilent(why="OS-049")
    bench.enter()
    bench.look(window=False)
    view = bench.follower.view(bench.jti, "mock")
    assert view is not None and (view.stage, view.fault) == (state.WAITING, "OS-1261")


def test_a_computer_without_a_suitable_browser_opens_the_default_one(bench: Bench) -> None:
    bench.installation.health._answers["browsers"] = ()
    bench.enter()
    assert bench.opener.browsed == [URL] and bench.opener.browsers == []
    assert not bench.profile.exists()


def test_the_grant_is_kept_and_followed_after_a_restart_without_a_login(bench: Bench) -> None:
    bench.in_room()
    assert bench.stage() == state.INSIDE
    assert bench.kept == (KeptUpload("mock", "grant-1", bench.room.until),)
    bench.look(window=True)
    assert bench.room.asked[-1] == ("grant", "grant-1")
    bench.start()
    assert bench.follower.is_uploading and bench.stage() is None
    bench.look(window=True)
    assert bench.room.asked[-1] == ("grant", "grant-1") and bench.stage() == state.INSIDE


def test_before_the_hand_in_a_lost_window_is_said_and_nothing_is_opened(bench: Bench) -> None:
    bench.in_room()
    for _ in range(4):
        bench.look(window=False)
    assert bench.stage() == state.AWAY and len(bench.opener.browsers) == 1


def test_once_the_window_is_gone_the_upload_goes_on_without_one(bench: Bench) -> None:
    bench.in_room()
    bench.handed_in()
    bench.look(window=True)
    assert bench.stage() == state.UPLOADING and len(bench.opener.browsers) == 1
    for _ in range(2):
        bench.look(window=False)
    assert len(bench.opener.browsers) == 1, "never two at once"
    bench.look(window=False)
    bench.look(window=False)
    assert len(bench.opener.browsers) == 2
    command = bench.opener.browsers[-1]
    assert "--headless=new" in command and f"--user-data-dir={bench.profile.folder}" in command
    assert not any("capture" in flag for flag in command)
    assert bench.opener.minimised == [False, False]
    assert bench.opener.ended == [bench.profile.folder]
    for _ in range(3):
        bench.look(window=False)
    assert len(bench.opener.browsers) == 2, "a browser that starts slowly is waited for"
    bench.look(window=False, seconds=state.RESTART_AFTER_S)
    assert len(bench.opener.browsers) == 3


def test_an_entry_ends_the_browser_without_a_window_of_this_run_or_one_before(bench: Bench) -> None:
    bench.in_room()
    bench.handed_in()
    for _ in range(5):
        bench.look(window=False)
    assert bench.opener.ended == [bench.profile.folder]
    bench.enter()
    assert bench.opener.ended == [bench.profile.folder] * 2
    bench.enter()
    assert len(bench.opener.ended) == 2, "the candidate's own window is left alone"
    bench.start()
    bench.enter()
    assert len(bench.opener.ended) == 3


def test_an_entry_takes_the_profile_from_a_trial_of_the_browser(bench: Bench) -> None:
    follower = bench.follower
    assert follower.hold_profile(bench.jti) and not follower.hold_profile(bench.jti)
    bench.enter()
    assert bench.opener.ended == [bench.profile.folder] and len(bench.opener.browsers) == 1
    assert not follower.holds_profile(bench.jti), "the trial leaves the entry's window alone"
    follower.release_profile(bench.jti)
    assert not follower.hold_profile(bench.jti), "the profile is the interview's"


def test_after_sleep_the_page_is_given_time_to_speak_first(bench: Bench) -> None:
    bench.in_room()
    bench.handed_in()
    bench.look(window=False, seconds=3600)
    bench.look(window=True)
    bench.look(window=False, seconds=3600)
    assert len(bench.opener.browsers) == 1


def test_an_older_browser_uploads_in_a_minimised_window(bench: Bench) -> None:
    from oneseat.client.health.probes import Browser

    bench.installation.health._answers["browsers"] = (Browser("Chrome", "C:\\c.exe", (100, 0, 0, 0)),)
    bench.in_room()
    bench.handed_in()
    for _ in range(5):
        bench.look(window=False)
    assert bench.opener.minimised == [False, True]
    assert "--headless=new" not in bench.opener.browsers[-1]


def test_the_upload_page_is_posted_the_grant_with_a_fresh_proof(bench: Bench) -> None:
    fields = upload_fields("grant-1", bench.room.origin, bench.device, 1234)
    assert set(fields) == {"grant", "at", "proof"} and fields["at"] == "1234"
    message = upload_message("grant-1", "https://room.example/enter-upload", 1234)
    jws.verify_bytes(message, jws.b64url_decode(fields["proof"]), bench.device.public_key)


def test_what_is_left_is_said_in_megabytes_and_minutes(bench: Bench) -> None:
    bench.in_room()
    bench.handed_in(left=60_000_001)
    bench.look(window=True)
    view = bench.follower.view(bench.jti, "mock")
    assert view is not None and (view.left_mb, view.minutes) == (61, None)
    bench.handed_in(left=50_000_001)
    bench.look(window=True, seconds=10)
    view = bench.follower.view(bench.jti, "mock")
    assert view is not None and (view.left_mb, view.minutes) == (51, 1)


def test_when_all_is_received_the_grant_and_the_profile_go(bench: Bench) -> None:
    bench.in_room()
    bench.handed_in()
    bench.look(window=True)
    (bench.profile.folder / "part").write_bytes(b"x")
    bench.room.be("complete", handed_in_at=NOW, completed_at=NOW)
    bench.room.grant = ""
    bench.look(window=True)
    assert bench.stage() == state.COMPLETE
    assert bench.kept == () and not bench.follower.is_uploading
    assert not bench.profile.exists() and finished_profiles(bench.installation.computer) == []


def test_a_profile_in_use_is_deleted_later(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.in_room()
    bench.room.be("complete", handed_in_at=NOW, completed_at=NOW)

    def locked(self: Path, target: object) -> None:
        raise PermissionError(13, "in use")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", locked)
        bench.look(window=True)
        assert bench.profile.exists() and finished_profiles(bench.installation.computer) == [bench.jti]
    bench.start()
    bench.look(window=False)
    assert not bench.profile.exists() and finished_profiles(bench.installation.computer) == []


def test_the_next_entry_keeps_a_profile_that_was_to_be_deleted(bench: Bench) -> None:
    bench.profile.make()
    bench.profile.mark_finished(on=True)
    bench.in_room()
    bench.look(window=True)
    assert bench.profile.exists()


def test_an_upload_whose_time_is_over_is_dropped_and_said(bench: Bench) -> None:
    bench.in_room()
    over = Text("over", "已过上传期限")
    bench.room.refusal = PortalRefused.of(2021, 403, over, over)
    bench.look(window=False)
    assert bench.stage() == state.LOST and bench.kept == ()
    assert bench.profile.exists(), "the recordings are not deleted with it"


def test_without_a_consent_nothing_is_said_after_the_tickets_end(bench: Bench) -> None:
    bench.enter()
    bench.room.be("consent")
    bench.look(window=True)
    over = Text("over", "入场凭证已过期")
    bench.room.refusal = PortalRefused.of(2004, 403, over, over)
    bench.look(window=False)
    assert bench.stage() is None and not bench.follower.is_busy
    looks = len(bench.room.asked)
    bench.look(window=False)
    assert len(bench.room.asked) == looks, "it is not asked any more"


def test_a_grant_whose_time_seems_over_holds_nothing_and_is_kept(bench: Bench) -> None:
    bench.in_room()
    assert bench.follower.is_uploading
    bench.installation.clock.at = bench.room.until
    assert not bench.follower.is_uploading and bench.follower.is_busy and len(bench.kept) == 1


def test_a_link_in_the_profiles_place_is_refused(bench: Bench, tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("links need rights here")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    bench.profile.folder.parent.mkdir(parents=True)
    bench.profile.folder.symlink_to(elsewhere)
    with pytest.raises(ProfileFolderNotOurs):
        bench.enter()
    assert not bench.profile.exists() and bench.opener.browsers == []


def test_the_uninstaller_is_told_of_an_upload_of_any_account(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    computer, now = bench.installation.computer, NOW
    assert latest_end(computer, "test", now) is None
    own = computer.own_folder()
    computer.own_folder = lambda: own.with_name("Other")  # type: ignore[method-assign]
    KeptUploads(computer, "test", bench.jti).keep(KeptUpload("formal", "g", now + timedelta(hours=1)))
    computer.other_accounts = [computer.own_folder()]
    computer.own_folder = lambda: own  # type: ignore[method-assign]
    assert latest_end(computer, "test", now) == now + timedelta(hours=1)
    assert latest_end(computer, "test", now + timedelta(hours=2)) is None
    options = commands.build_parser().parse_args(["keep", "--message-file", str(own.parent / "message")])
    assert commands.keep(bench.actions, options) == 37
    message = (own.parent / "message").read_text(encoding="utf-16-le")
    assert "面试录像全部上传、显示“交卷完成”" in message and "1月4日（星期四）13:00" in message
    assert json.loads(capsys.readouterr().out)["needed"] is True


def test_removal_takes_grants_and_profiles_with_it(bench: Bench) -> None:
    bench.in_room()
    forget_exam(bench.installation.computer, "test")
    assert seats_with_uploads(bench.installation.computer, "test") == []
    commands.forget(bench.actions)
    assert not bench.profile.exists() and not bench.profile.folder.parent.exists()


def test_kept_uploads_that_are_damaged_or_of_another_computer_count_as_none(bench: Bench) -> None:
    bench.in_room()
    [path] = (bench.installation.computer.own_folder() / "test").glob("upload-*.bin")
    assert b"grant-1" not in path.read_bytes()
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert bench.kept == ()


# ------------------------------------------------------------------------------------------- the answer


def answer(**changes: Any) -> bytes:
    usual = {"now": "2035-01-04T04:00:00.123Z", "window_seen_at": None, "attempt": None, "backlog": None}
    return json.dumps({**usual, "upload": None, **changes}).encode()


def test_an_answer_before_the_first_entry_has_nothing_but_the_time() -> None:
    parsed = parse_answer(answer())
    assert parsed.now == NOW + timedelta(milliseconds=123)
    assert (parsed.window_age, parsed.attempt, parsed.upload, parsed.is_complete) == (None, None, None, False)


def test_a_grant_of_a_mock_that_has_not_begun_has_no_end_and_is_not_kept() -> None:
    assert parse_answer(answer(upload={"grant": "g", "until": None})).upload is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        answer(now=None),
        answer(now="soon"),
        answer(attempt={}),
        answer(backlog={"bytes": -1}),
    ],
)
def test_what_is_not_in_the_rooms_form_is_refused(data: bytes) -> None:
    with pytest.raises(PortalAnswerUnusable):
        parse_answer(data)


def test_a_room_without_encryption_is_not_asked() -> None:
    with pytest.raises(RoomInsecure):
        RoomOnline("http://room.example")


def test_a_room_that_does_not_listen_is_silent(bench: Bench) -> None:
    with pytest.raises(RoomSilent) as refused:
        RoomOnline("http://127.0.0.1:9", 5).look(LookRequest("ticket", "t", 1, 1), bench.device)
    assert "OS-" in refused.value.cause_text.zh


def test_a_time_is_written_as_the_room_writes_it() -> None:
    assert wire(datetime.fromisoformat("2035-01-04T12:00:00.123+08:00")) == "2035-01-04T04:00:00.123Z"
