"""Remarks on a valid exam file: what is allowed and rarely meant, each with its consequence.

A fault makes a file unusable; a remark does not. ``exam check`` lists both, and ``exam check --strict``
refuses a file with remarks. Rules that make a file unusable are in :mod:`oneseat.pipeline.exam.rules`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from oneseat.files.toml_lines import line_index, nearest_line
from oneseat.pipeline.exam import phone_remarks, room_remarks
from oneseat.pipeline.exam.errors import ExamRemarkable
from oneseat.pipeline.exam.model import Exam
from signing import dates, urls
from signing.charter import OWN_ROOM, Charter
from signing.text import Text


@dataclass(frozen=True)
class Remark:
    """A remark on one key: what it says, and what comes of it."""

    key: str
    problem: Text
    consequence: Text
    line: int | None = None

    def as_text(self) -> Text:
        """Format the remark as one line in each language."""
        where_en = f"line {self.line}, " if self.line else ""
        where_zh = f"第 {self.line} 行，" if self.line else ""
        return Text(
            f"  {where_en}{self.key}: {self.problem.en}; {self.consequence.en}",
            f"  {where_zh}{self.key}：{self.problem.zh}，{self.consequence.zh}",
        )


def join_remarks(remarks: Iterable[Remark]) -> Text:
    """Format all remarks, one per line."""
    texts = [remark.as_text() for remark in remarks]
    return Text("\n".join(text.en for text in texts), "\n".join(text.zh for text in texts))


def refusal(file_name: str, remarks: Sequence[Remark]) -> ExamRemarkable:
    """Make the refusal of a file for its remarks."""
    return ExamRemarkable(file=file_name, count=len(remarks), remarks=join_remarks(remarks))


def find_remarks(
    exam: Exam,
    now: datetime,
    text: str = "",
    *,
    papers: Path | None = None,
    earlier: Charter | None = None,
) -> list[Remark]:
    """Find every remark on an exam at a time, with its line in the file's text, in the order of lines.

    ``papers`` and ``earlier`` are as for :func:`oneseat.pipeline.exam.room_remarks.find`.
    """
    lines = line_index(text)
    found = [
        *_past(exam, now),
        *_windows(exam),
        *_mock_days(exam),
        *_offsets(exam),
        *_links(exam),
        *_unanswered(exam),
        *(Remark(*found) for found in room_remarks.find(exam, papers, earlier)),
        *(Remark(*found) for found in phone_remarks.find(exam)),
        *_undecided(exam),
    ]
    located = [replace(remark, line=nearest_line(lines, remark.key)) for remark in found]
    return sorted(located, key=lambda remark: remark.line or 0)


def _past(exam: Exam, now: datetime) -> Iterator[Remark]:
    """Dates that have passed; of several, the one with the gravest consequence."""
    if now >= exam.last_interview_ends:
        yield Remark(
            "formal.sessions",
            Text("the last interview is over", "最后一场面试已经结束"),
            Text("nothing can be signed for this exam any more", "本场考试不能再签署任何内容"),
        )
    elif now >= exam.download.closes:
        yield Remark(
            "download.closes",
            Text("the download window is over", "下载时间已过"),
            Text("no candidate can download an installer", "考生已无法下载安装程序"),
        )


def _windows(exam: Exam) -> Iterator[Remark]:
    """Windows that do not fit one another."""
    opens, closes = exam.download.opens, exam.download.closes
    first_login = min(session.login_opens for session in exam.formal.sessions)
    last_mock = max(session.closes for session in exam.mock.sessions)
    for number, mock in enumerate(exam.mock.sessions):
        if mock.closes <= opens:
            yield Remark(
                f"mock.sessions[{number}].closes",
                Text("this mock is over before the download opens", "这场模拟面试在开放下载之前就已结束"),
                Text("no candidate can take it", "没有考生能够参加"),
            )
    if closes > first_login:
        yield Remark(
            "download.closes",
            Text(
                "the download is still open when the first formal interview lets candidates in",
                "首场正式面试开始登录时仍可下载",
            ),
            Text(
                "who downloads then has had no mock and may come too late",
                "此时才下载的考生没有参加过模拟面试，可能来不及进入考场",
            ),
        )
    elif closes > last_mock:
        yield Remark(
            "download.closes",
            Text("the download outlives the last mock", "下载截止时间晚于最后一场模拟面试"),
            _without_mock(exam),
        )


def _without_mock(exam: Exam) -> Text:
    if exam.mock.required == "gate":
        return Text(
            "who downloads after it can take no mock, and so no formal interview",
            "此后下载的考生无法参加模拟面试，也就不能参加正式面试",
        )
    return Text("who downloads after it can take no mock", "此后下载的考生无法参加模拟面试")


def _mock_days(exam: Exam) -> Iterator[Remark]:
    """Several mocks on one day: notices speak of one a day, and a candidate may take each."""
    by_day: dict[date, list[int]] = defaultdict(list)
    for number, mock in enumerate(exam.mock.sessions):
        by_day[exam.local(mock.opens).date()].append(number)
    for numbers in by_day.values():
        if len(numbers) > 1:
            words = dates.day(exam.local(exam.mock.sessions[numbers[0]].opens))
            yield Remark(
                f"mock.sessions[{numbers[1]}].opens",
                Text(f"{len(numbers)} mocks on {words.en}", f"{words.zh}有 {len(numbers)} 场模拟面试"),
                Text(
                    "a candidate may take each of them, although there is meant to be one a day",
                    "考生可以逐场参加，而规定是每天一次",
                ),
            )


def _offsets(exam: Exam) -> Iterator[Remark]:
    """Times with another offset than the exam's zone has at that time."""
    for key, moment in _times(exam, ""):
        local = exam.local(moment)
        if moment.utcoffset() != local.utcoffset():
            yield Remark(
                key,
                Text(
                    f"the offset is {moment:%z}, and {exam.timezone} has {local:%z} then",
                    f"时区偏移为 {moment:%z}，而 {exam.timezone} 当时为 {local:%z}",
                ),
                Text(
                    f"candidates see {dates.opening(local).en}",
                    f"考生看到的时间是 {dates.opening(local).zh}",
                ),
            )


def _times(value: Any, key: str) -> Iterator[tuple[str, datetime]]:  # noqa: ANN401 -- settings hold anything
    """Yield every time of the settings with its key."""
    if isinstance(value, datetime):
        yield key, value
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _times(item, f"{key}[{number}]")
    elif fields := getattr(type(value), "model_fields", None):
        for name in fields:
            yield from _times(getattr(value, name), f"{key}.{name}" if key else name)


def _links(exam: Exam) -> Iterator[Remark]:
    """An address with a path, and what notices refer candidates to."""
    portal = urls.parse(exam.portal_url)
    if portal is not None and not portal.is_origin:
        yield Remark(
            "portal_url",
            Text("the address has a path", "网址中带有路径"),
            Text(
                "clients find the portal only if a proxy serves it below that path",
                "只有反向代理把平台放在该路径之下，考生端才能连接",
            ),
        )
    if not exam.support.desk_url:
        consequence = _NO_CHANGE if exam.support.device_change == "desk" else _NO_DESK
        yield Remark("support.desk_url", _NO_LINK, consequence)
    for number, manual in enumerate(exam.manuals):
        if not manual.url:
            yield Remark(f"manuals[{number}].url", _NO_LINK, _NO_MANUAL)
    if exam.companion_app is None and not phone_remarks.has_phones(exam):
        yield Remark("companion_app", _LEFT_OUT, _NO_APP)
    if exam.exam_room is None:
        yield Remark("exam_room", _LEFT_OUT, _NO_ROOM)
    if exam.exam_room is not None and exam.exam_room.kind == OWN_ROOM and exam.retention is None:
        yield Remark("retention", _LEFT_OUT, _NO_RETENTION)
    if exam.privacy is None:
        yield Remark("privacy", _LEFT_OUT, _NO_PRIVACY)


def _unanswered(exam: Exam) -> Iterator[Remark]:
    """Sessions that the support hours do not cover, each at its key."""
    if not exam.support.hours:
        return
    sessions = [(f"mock.sessions[{n}]", mock.opens, mock.closes) for n, mock in enumerate(exam.mock.sessions)]
    sessions += [
        (f"formal.sessions[{n}]", formal.login_opens, formal.ends)
        for n, formal in enumerate(exam.formal.sessions)
    ]
    for key, begins, ends in sessions:
        gap = _first_gap(exam, begins, ends)
        if gap is not None:
            at = dates.opening(exam.local(gap))
            if gap > begins:
                at = dates.deadline(exam.local(gap))
            yield Remark(
                key,
                Text(
                    f"by support.hours, support does not answer from {at.en} on",
                    f"按 support.hours，{at.zh}起无人接听",
                ),
                Text("candidates in this session find no help", "这一场的考生届时得不到帮助"),
            )


def _undecided(exam: Exam) -> Iterator[Remark]:
    """What this project's room needs to know, and the file leaves open."""
    if exam.exam_room is not None and exam.exam_room.kind == OWN_ROOM and exam.identity is None:
        yield Remark(
            "identity",
            _LEFT_OUT,
            Text(
                "candidates photograph face and card, and operators must decide on each",
                "考生要拍摄人脸和证件照片，须安排工作人员逐一核验",
            ),
        )


def _first_gap(exam: Exam, begins: datetime, ends: datetime) -> datetime | None:
    """The first moment of a session at which support does not answer; None if there is none."""
    covered = begins
    for hours in sorted(exam.support.hours, key=lambda hours: hours.opens):
        if hours.opens <= covered < hours.closes:
            covered = hours.closes
    return covered if covered < ends else None


_NO_LINK = Text("there is no address", "没有填写网址")
_LEFT_OUT = Text("it is left out", "没有填写")
_NO_DESK = Text("candidates are given the hotline only", "考生只能看到服务电话")
_NO_CHANGE = Text(
    "candidates are sent to the desk for another computer, and find no desk",
    "考生被告知到客服平台申请更换电脑，却没有入口",
)
_NO_PRIVACY = Text(
    "candidates are not told which personal data are processed before they download",
    "考生下载前看不到个人信息处理告知",
)
_NO_RETENTION = Text(
    "no law lets recordings of people be kept without an end, and `room purge` cannot erase them",
    "录音录像等个人信息不得无限期保存，且 `room purge` 无法清除",
)
_NO_MANUAL = Text("portal and client show its title without a link", "平台和考生端只显示名称，没有链接")
_NO_APP = Text("the portal shows no link and no QR code of the phone app", "平台不显示手机端链接和二维码")
_NO_ROOM = Text("the client opens nothing at the mock or the interview", "面试时考生端不会打开考场")
