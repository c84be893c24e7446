"""A formal interview from the client's form to a verified export, with a real browser and a sealed paper.

Holders unlock the paper by their command. The seat's identity is the mock interview's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pydantic import SecretStr

from oneseat.room.evidence import seats
from oneseat.room.rules.identity import Identity
from oneseat.room.services.help.portal_help import PortalHelp
from oneseat.room.services.portal.portal_calls import OutboxSender
from signing.text import Text
from tests.patience import PATIENCE_S
from tests.room.browser.browsing import BEFORE, ENDS, LAPTOP, MOCKING, STARTS, jump, move, serving
from tests.room.browser.entering import enter, press, share_devices
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.candidate import Candidate, identity_body
from tests.room.guard import Guard
from tests.room.held_exam import EXAM, SECOND, RoomKeys, RunningRoom
from tests.room.help_desk import Desk, open_desk
from tests.room.kept import LATER
from tests.room.papers.writing import choice, paper, spoken, typed
from tests.room.sealed_exam import SealedExam
from tests.room.test_evidence_commands import Desk as Shell
from tests.room.test_identity import decide

pytestmark = NEEDS_CHROMIUM

TAIL = timedelta(seconds=30)
UNLOCKED = STARTS - timedelta(minutes=4)
QUESTIONS = (spoken("保密的试题", "q1", 3, 1), choice("甲", "q2"), typed("乙", "q3"))


@pytest.fixture
def desk() -> Iterator[Desk]:
    with open_desk() as desk:
        yield desk


@pytest.fixture
def room(tmp_path: Path, real_keys: RoomKeys, desk: Desk) -> Iterator[RunningRoom]:
    """A room with sealed papers and the identity step, which passes requests for help on to a desk."""

    def exam_at(origin: str) -> SealedExam:
        documents = (Text("Resident identity card", "居民身份证"),)
        tail_s = int(TAIL.total_seconds())
        folder = tmp_path / "exam"
        exam = SealedExam(folder, real_keys, origin=origin, identity_documents=documents, tail_s=tail_s)
        exam.write("formal-0", paper(*QUESTIONS))
        exam.seal("with-short-times")
        return exam

    with serving(exam_at, MOCKING, paper_interval_s=0.2) as room:
        assert httpx.get(f"{room.url}/healthz").status_code == 200
        state = room.app.state
        state.settings = state.settings.model_copy(update={"portal_token": SecretStr("ost1.x.y")})
        sender = OutboxSender("room.help", PortalHelp(state.room, desk.url, "ost1.x.y"), 0.1)
        sender.start()
        yield room
        sender.stop()


def pass_mock_identity(room: RunningRoom) -> Candidate:
    """The seat's mock interview as far as its identity, which a person passes."""
    mock = Candidate(room, "mock").reach_identity()
    mock.call("identity", **identity_body())
    decide(room, mock, "zhang", Identity.PASSED)
    mock.http.close()
    return mock


def unlock(shell: Shell, room: RunningRoom, folder: Path) -> None:
    """Two holders release the paper by their command, once the room has announced itself at its new time."""
    exam, deadline = room.exam, time.monotonic() + PATIENCE_S
    for name in ("wang", "li"):
        secret = folder / f"{name}.passphrase"
        secret.write_text(name)
        holder = ["--holder", exam.folder / f"{name}.key", "--holder-passphrase-file", secret]
        words = ["unlock", "formal-0", "--papers", exam.papers, "--root-key", shell.root_key, *holder]
        while (done := shell(room.clock.now(), *words, "--wait", 0))[0] != 0:
            assert time.monotonic() < deadline, done


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def written(page: Page) -> Locator:
    return page.get_by_role("textbox", name="请在这里写")


def answer_all(page: Page) -> None:
    """Speak, choose and write."""
    expect(page.locator("#notices .recording")).to_be_visible()
    press(page, "开始本题")
    heading(page, "请谈谈保密的试题")
    expect(page.locator("[data-phase=saved] .saved [data-part=saved]")).to_be_visible()
    press(page, "下一题")
    heading(page, "关于甲")
    page.locator("input[value=b]").check()
    expect(page.locator(".saved [data-part=saved]")).to_be_visible()
    press(page, "下一题")
    written(page).fill("户口迁移")
    expect(page.locator(".saved [data-part=saved]")).to_be_visible()


def ask_for_help(page: Page, desk: Desk) -> None:
    """Ask, and take it back."""
    page.locator("#help-button").click()
    page.locator("[name=words]").fill("声音很小")
    page.locator("[name=text_only]").check()
    press(page, "提交求助")
    expect(page.locator("#help-window")).to_contain_text("2041 7735")
    press(page, "撤回求助")
    expect(page.locator("#help-window")).to_contain_text("已撤回")
    press(page, "关闭")
    expect(page.locator("#help-window")).not_to_be_visible()
    assert desk.seen[0][2]["stage"] == "questions"


def watch(candidate: Candidate) -> Guard:
    """The client's guard of the attempt that the page goes through."""
    with candidate.room.exam.database.reading() as connection:
        found = seats.find(connection, EXAM, candidate.jti).attempts
    (attempt,) = (each.id for each in found if each.kind == "formal")
    candidate.attempt = {"nonce": attempt}
    return Guard(candidate)


def test_a_formal_interview(
    browser: Browser, room: RunningRoom, desk: Desk, tmp_path: Path, capsys: Any
) -> None:
    mock = pass_mock_identity(room)
    move(room, BEFORE)
    candidate = Candidate(room, jti=mock.jti, key=mock.key)
    shell = Shell(room.exam, candidate, tmp_path, capsys)
    faults: list[str] = []
    with browser.new_context(locale="zh-CN", viewport=LAPTOP) as context:
        page = context.new_page()
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        enter(page, candidate)
        share_devices(page)
        heading(page, "请等待开考")
        guard = watch(candidate)
        guard.report()
        move(room, UNLOCKED)
        unlock(shell, room, tmp_path)
        assert page.get_by_text("保密的试题").count() == 0
        jump(page, room, STARTS - 2 * SECOND)
        expect(page.get_by_role("button", name="开始本题")).to_be_visible()
        answer_all(page)
        page.reload()
        expect(written(page)).to_have_value("户口迁移")
        guard.report(guard.event(software="测试杀毒"), present=[{"code": "software", "name": "测试杀毒"}])
        expect(page.locator("#guard")).to_contain_text("检测到测试杀毒，请退出。")
        ask_for_help(page, desk)
        expect(page.locator("#notices .recording")).to_be_visible()
        jump(page, room, ENDS - SECOND)
        heading(page, "作答时间到")
        jump(page, room, ENDS + TAIL - 2 * SECOND)
        heading(page, "交卷完成")
    candidate.http.close()
    assert faults == []
    check_export(shell, guard.attempt, tmp_path / "out")


def check_export(shell: Shell, attempt: str, folder: Path) -> None:
    """What is kept of the attempt is exported, verified, and says what the candidate did."""
    status, result = shell(LATER, "export", attempt, "--to", folder, *shell.room)
    assert (status, result["attempts"]) == (0, 1), result
    status, result = shell(LATER, "verify", folder, "--root-key", shell.root_key)
    assert (status, result["findings"], result["attempts"]) == (0, [], 1)
    assert [each["question"] for each in lines(folder, "room_answers")] == ["q1", "q2", "q3"]
    codes = {each["code"] for each in lines(folder, "room_events")}
    assert {"identity-carried-over", "guard-connected", "guard-back", "handed-in"} <= codes
    assert len(lines(folder, "room_guard_events")) == 1
    assert len({path.parent for path in folder.rglob("segments/*/*/*.webm")}) == 4, "two takes of each stream"


def lines(folder: Path, table: str) -> list[dict[str, Any]]:
    (path,) = folder.rglob(f"{table}.jsonl")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
