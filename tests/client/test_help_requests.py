"""Help requests of the client: checked, signed, sent; kept encrypted while offline, deleted by forget."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any, Optional

import pytest

from oneseat.client.enrol import Enrolment
from oneseat.client.errors import (
    HelpCallbackInvalid,
    HelpNotKept,
    HelpNotOffered,
    HelpReasonMissing,
    HelpWordsMissing,
    PortalAnswerUnusable,
    PortalRefused,
    PortalUnreachable,
)
from oneseat.client.local.kept_help import KeptHelp
from oneseat.client.local.vault import exam_folder, forget_exam
from oneseat.client.online.help_answer import Announcement
from oneseat.client.online.help_requests import HelpForm, HelpRequests
from tests.client.simulated import OWNER, Installation, Portal, help_answer, problem

FORM = HelpForm("device", "摄像头黑屏", "138 0013-1234")


@pytest.fixture
def desk(online_installation: Installation) -> HelpRequests:
    installation = online_installation
    path = installation.installer(installation.authority.licence_token(OWNER))
    Enrolment(installation.program, installation.computer, installation.clock, print).run(path, OWNER)
    actions = installation.actions()
    return actions.help_requests(actions.accept(OWNER))


def cut_off(portal: Portal) -> None:
    portal.broken = lambda _: (503, "text/plain", b"")


def test_a_request_is_signed_sent_read_and_withdrawn(desk: HelpRequests, portal: Portal) -> None:
    assert desk.look().answer is None
    sent = desk.submit(FORM, ["OS-103", "camera:block"])
    assert sent.answer is not None and not sent.is_kept
    assert (sent.answer.number, sent.answer.place, sent.answer.status.zh) == ("12345678", 3, "已提交")
    assert portal.helped == [
        {
            "reason": "device",
            "words": "摄像头黑屏",
            "callback": "13800131234",
            "codes": ["OS-103", "camera:block"],
        }
    ]
    assert desk.look() == sent
    withdrawn = desk.withdraw().answer
    assert withdrawn is not None and not withdrawn.is_open


@pytest.mark.parametrize("typed", ["", "12", "1111111", "<script>", "1380013123412345", "abc1234567"])
def test_a_number_that_is_none_is_refused_before_anything_is_sent(
    desk: HelpRequests, portal: Portal, typed: str
) -> None:
    with pytest.raises(HelpCallbackInvalid):
        desk.submit(FORM._replace(callback=typed), [])
    assert portal.helped == [] and not desk.is_kept


@pytest.mark.parametrize(
    "typed", ["138 0013 1234", "（010）1234-5678", "１３８００１３１２３４", "+86 13800131234"]
)
def test_numbers_are_taken_as_people_write_them(desk: HelpRequests, portal: Portal, typed: str) -> None:
    desk.submit(FORM._replace(callback=typed), [])
    assert portal.helped[0]["callback"].lstrip("+").isascii()


@pytest.mark.parametrize(("reason", "callback"), [("device", None), ("other", "13800131234")])
def test_a_request_that_says_nothing_is_refused(
    desk: HelpRequests, reason: str, callback: Optional[str]
) -> None:
    with pytest.raises(HelpWordsMissing):
        desk.submit(HelpForm(reason, " \n", callback), [])


def test_a_request_without_a_reason_is_refused(desk: HelpRequests, portal: Portal) -> None:
    with pytest.raises(HelpReasonMissing):
        desk.submit(FORM._replace(reason=""), [])
    assert portal.helped == []


def test_words_are_bounded_and_of_whole_characters(desk: HelpRequests, portal: Portal) -> None:
    desk.submit(FORM._replace(words="\0a\ud83d" + "\ud83d\ude00" * 600), ["OS-103"] * 20)
    assert portal.helped[0]["words"] == "a" + "😀" * 499


def test_offline_the_request_is_kept_encrypted_and_sent_at_the_next_contact(
    desk: HelpRequests, portal: Portal, online_installation: Installation
) -> None:
    cut_off(portal)
    assert desk.submit(FORM, []) == (None, True)
    folder = exam_folder(online_installation.computer.own_folder(), "test")
    [path] = folder.glob("help-*.bin")
    assert b"13800131234" not in path.read_bytes() and b"device" not in path.read_bytes()
    with pytest.raises(PortalUnreachable):
        desk.look()
    assert desk.is_kept
    portal.broken = None
    desk.send_kept()
    assert [sent["callback"] for sent in portal.helped] == ["13800131234"]
    assert not desk.is_kept and not path.exists()
    desk.send_kept()
    assert len(portal.helped) == 1


def test_a_request_that_is_kept_can_be_withdrawn_offline(desk: HelpRequests, portal: Portal) -> None:
    cut_off(portal)
    desk.submit(FORM, [])
    assert desk.withdraw() == (None, False)
    portal.broken = None
    assert desk.look().answer is None and portal.helped == []


def test_a_check_in_sends_what_is_kept(
    desk: HelpRequests, portal: Portal, online_installation: Installation
) -> None:
    cut_off(portal)
    desk.submit(FORM, [])
    portal.broken = None
    actions = online_installation.actions()
    actions.check_in(actions.accept(OWNER))
    assert len(portal.helped) == 1 and not desk.is_kept


def test_what_is_kept_is_deleted_by_forget(
    desk: HelpRequests, portal: Portal, online_installation: Installation
) -> None:
    cut_off(portal)
    desk.submit(FORM, [])
    forget_exam(online_installation.computer, "test")
    assert not desk.is_kept
    assert not online_installation.computer.own_folder().exists()


def test_a_kept_request_of_another_computer_or_a_damaged_one_counts_as_none(
    desk: HelpRequests, portal: Portal, online_installation: Installation
) -> None:
    cut_off(portal)
    desk.submit(FORM, [])
    computer = online_installation.computer
    kept = KeptHelp(computer, "test", online_installation.authority.jti(OWNER))
    assert kept.read() is not None
    computer.wrapping_key = b"another"
    assert kept.read() is None
    [path] = exam_folder(computer.own_folder(), "test").glob("help-*.bin")
    path.write_bytes(b"x")
    assert kept.read() is None


def test_a_final_refusal_of_a_kept_request_is_said_once(desk: HelpRequests, portal: Portal) -> None:
    cut_off(portal)
    desk.submit(FORM, [])
    portal.broken = None
    of_real = portal.help

    def refuse(asked: Any) -> Any:
        return problem(400, 961, "no words", "尚未写明") if asked["act"] == "submit" else of_real(asked)

    portal.help = refuse  # type: ignore[method-assign]
    with pytest.raises(PortalRefused):
        desk.look()
    assert not desk.is_kept and desk.look().answer is None


def test_a_portal_without_a_desk_is_named_and_nothing_is_kept(desk: HelpRequests, portal: Portal) -> None:
    portal.of_earlier_version = True
    with pytest.raises(HelpNotOffered):
        desk.submit(FORM, [])
    assert not desk.is_kept


def test_what_can_be_neither_sent_nor_kept_is_said(
    desk: HelpRequests, portal: Portal, online_installation: Installation
) -> None:
    cut_off(portal)
    folder = exam_folder(online_installation.computer.own_folder(), "test")
    (folder / f"help-{online_installation.authority.jti(OWNER)}.bin").mkdir(parents=True)
    with pytest.raises(HelpNotKept):
        desk.submit(FORM, [])


def test_a_seat_that_is_not_confirmed_keeps_its_request(
    online_installation: Installation, portal: Portal
) -> None:
    installation = online_installation
    cut_off(portal)
    path = installation.installer(installation.authority.licence_token(OWNER))
    code = installation.authority.install_code(OWNER)
    run = Enrolment(installation.program, installation.computer, installation.clock, print)
    run.run(path, replace(OWNER, install_code=code))
    actions = installation.actions()
    acceptance = actions.accept(OWNER)
    assert acceptance.enrolment == "provisional"
    desk = actions.help_requests(acceptance)
    assert desk.submit(FORM, []) == (None, True)
    assert desk.look() == (None, True)
    portal.broken = None
    actions.sync(OWNER)
    actions.help_requests(actions.accept(OWNER)).send_kept()
    assert len(portal.helped) == 1


@pytest.mark.parametrize("change", [{"number": 1}, {"place": "x"}, {"answers": ["x"]}, {"status_words": {}}])
def test_garbage_is_named_as_an_unusable_answer(desk: HelpRequests, portal: Portal, change: Any) -> None:
    portal.help_request = help_answer(**change)
    with pytest.raises(PortalAnswerUnusable):
        desk.look()


def test_answers_of_the_desk_are_shortened_to_what_can_be_shown(desk: HelpRequests, portal: Portal) -> None:
    said = [{"at": "2035-01-04T12:00:00+08:00", "words": "好\x07" + "长" * 900}]
    portal.help_request = json.loads(json.dumps(help_answer(answers=said, place=None, callback=None)))
    answer = desk.look().answer
    assert answer is not None and answer.place is None and answer.callback is None
    assert answer.answers[0].startswith("好 长") and len(answer.answers[0]) == 600


@pytest.mark.parametrize("answers_empty", [True, False], ids=["empty", "refused"])
def test_no_request_is_no_fault_of_a_portal_of_either_version(
    desk: HelpRequests, portal: Portal, answers_empty: bool
) -> None:
    portal.answers_empty = answers_empty
    assert desk.look() == (None, False)
    assert desk.withdraw() == (None, False)


def test_announcements_come_with_their_time_and_from_an_earlier_portal_without(
    desk: HelpRequests, portal: Portal
) -> None:
    since = "2035-01-04T12:00:00+08:00"
    portal.help_request = help_answer(incidents=["慢"], answered_from=since)
    answer = desk.look().answer
    assert answer is not None and answer.answered_from is not None
    assert answer.incidents == (Announcement("慢", None),)
    portal.help_request["announcements"] = [{"words": "慢", "since": since}]
    answer = desk.look().answer
    assert answer is not None and answer.incidents == (Announcement("慢", datetime.fromisoformat(since)),)
    portal.help_request["announcements"] = [{"words": "慢", "since": "noon"}]
    with pytest.raises(PortalAnswerUnusable):
        desk.look()
