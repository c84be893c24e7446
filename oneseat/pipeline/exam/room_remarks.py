"""Remarks on what an exam in this project's own room should set, and on a room that moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from oneseat.pipeline.exam.values import seconds_of
from signing import urls
from signing.charter import OWN_ROOM, Charter
from signing.text import Text

if TYPE_CHECKING:
    from oneseat.pipeline.exam.model import Exam

LEAST_WAIT_S = 60
"""A mock's wait that is shorter is for trials: nothing of the waiting step can be seen in it."""

Found = tuple[str, Text, Text]
"""Key, problem and consequence of a remark."""


def find(exam: Exam, papers: Path | None = None, earlier: Charter | None = None) -> Iterator[Found]:
    """Find the remarks on an exam in a room of this project's; none in any other.

    ``papers`` is the folder of the sessions' papers, None where it is not to be looked at; ``earlier`` the
    charter that is in force, if any.
    """
    if exam.exam_room is None or exam.exam_room.kind != OWN_ROOM:
        return
    yield from _moved(exam.exam_room.api, earlier)
    if not exam.support.hours:
        yield "support.hours", _LEFT_OUT, _NO_HOURS
    if len(exam.formal.sessions) > 1:
        yield "formal.sessions", _SEVERAL, _NAMED_IN_ROSTER
    if exam.measures is None:
        yield "measures", _LEFT_OUT, _NO_MEASURES
    if exam.shown_documents and exam.privacy is not None and not _names_photographs(exam):
        yield "privacy.data", _NOT_NAMED, _NOT_TOLD
    if not _on_this_computer(exam.exam_room.api):
        yield from _short_mock(exam)
    if papers is not None:
        yield from _papers(exam, papers)


def _moved(api: str, earlier: Charter | None) -> Iterator[Found]:
    """A room at another address: a browser keeps recordings for one address alone."""
    room = None if earlier is None else earlier.exam_room
    if room is not None and room.is_own and room.api != api:
        yield (
            "exam_room.url",
            Text(f"the charter in force has the room at {room.api}", f"现行规程中的考场地址是 {room.api}"),
            Text(
                "recordings that candidates have not uploaded yet can be uploaded there only",
                "考生尚未上传的录像只能上传到原地址",
            ),
        )


def _short_mock(exam: Exam) -> Iterator[Found]:
    wait_s, answer_s = seconds_of(exam.mock.wait), exam.mock_answer_s
    if wait_s < LEAST_WAIT_S:
        yield (
            "mock.wait",
            Text(f"the wait before a mock's questions is {wait_s} s", f"模拟面试的等待时间只有 {wait_s} 秒"),
            Text("candidates do not see the waiting step", "考生来不及熟悉候考步骤"),
        )
    formal_s = min(int((one.ends - one.starts).total_seconds()) for one in exam.formal.sessions)
    if answer_s < formal_s:
        yield (
            "mock.answer",
            Text(
                f"a mock's answer time is {answer_s} s, and a formal interview's {formal_s} s",
                f"模拟面试作答时间为 {answer_s} 秒，正式面试为 {formal_s} 秒",
            ),
            Text(
                "what fails after a while, such as a full disk, is not met in the mock",
                "磁盘占满等需要一段时间才出现的问题，模拟时发现不了",
            ),
        )


def _papers(exam: Exam, folder: Path) -> Iterator[Found]:
    sessions = {"mock": len(exam.mock.sessions), "formal": len(exam.formal.sessions)}
    for kind, count in sessions.items():
        for number in range(count):
            if not any(folder.glob(f"{kind}-{number}.*")):
                shown = f"papers/{folder.name}/{kind}-{number}.toml"
                problem = Text(f"there is no paper {shown}", f"缺少试卷 {shown}")
                yield f"{kind}.sessions[{number}]", problem, _NO_PAPER


def _names_photographs(exam: Exam) -> bool:
    """Whether the privacy notice names photographs, which the identity step takes."""
    kinds = () if exam.privacy is None else exam.privacy.data
    return any("照片" in one.what.zh for one in kinds)


def _on_this_computer(api: str) -> bool:
    address = urls.parse(api)
    return address is not None and address.is_local


_LEFT_OUT = Text("it is left out", "没有填写")
_NO_HOURS = Text("candidates are not told when somebody answers their calls", "考生不知道何时有人接听求助")
_NO_MEASURES = Text(
    "on the day no formal interview can be put off, made longer or ended early",
    "考试当天不能推迟开考、延长时间或提前结束",
)
_NOT_NAMED = Text("no kind of data names photographs", "所列个人信息中没有照片")
_NOT_TOLD = Text(
    "candidates are not told before that their face and document are photographed and compared",
    "考生事先不知道要拍摄并比对人脸和证件照片",
)
_NO_PAPER = Text("the room does not start without it", "没有试卷，考场无法启动")
_SEVERAL = Text("there are several formal interviews", "有多个正式场次")
_NAMED_IN_ROSTER = Text(
    "the roster has to name each candidate's in its column session",
    "名单须用“场次”一列写明每位考生参加哪一场",
)
