"""Checks a folder of papers as a whole: every session's papers, shared questions, and the times."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oneseat.files.paper_names import PLAIN_SUFFIX, SPARE, PaperName
from oneseat.room.papers import form, reading
from oneseat.room.papers.faults import PaperFault
from oneseat.room.papers.reading import Paper
from oneseat.room.papers.sessions import PaperSession
from signing.os_faults import system_reason
from signing.session_times import FORMAL, MOCK
from signing.text import Text

CLICK_S = 5
"""Seconds that the times of a paper must leave for each question that has no times of its own."""
_BETWEEN = re.compile(r"[\W_]+")


@dataclass
class CheckedPapers:
    """Papers without faults, all faults of a folder, and remarks: what is allowed and rarely meant."""

    papers: list[Paper] = field(default_factory=list)
    faults: list[PaperFault] = field(default_factory=list)
    remarks: list[PaperFault] = field(default_factory=list)


def check_folder(folder: Path, sessions: Sequence[PaperSession]) -> CheckedPapers:
    """Read all papers of a folder and find every fault of theirs, one by one and together."""
    checked = CheckedPapers()
    try:
        files = reading.files_of(folder)
    except OSError as error:
        reason = system_reason(error)
        fault = Text(f"cannot be read: {reason.en}", f"无法读取（{reason.zh}）")
        return CheckedPapers(faults=[PaperFault(folder.name, fault)])
    _read_all(checked, folder, files, {session.key for session in sessions})
    checked.faults += _missing(files.values(), sessions)
    checked.faults += shared_questions(checked.papers, sessions)
    lengths = {session.key: session.answer_s for session in sessions}
    for paper in checked.papers:
        faults, remarks = time_faults(paper, lengths.get(paper.name.session, 0))
        checked.faults += [*faults, *_mock_faults(paper)]
        checked.remarks += remarks
    checked.remarks += [*_unused(checked.papers, files, checked.faults), *_without_spare(files, sessions)]
    return checked


def _read_all(
    checked: CheckedPapers,
    folder: Path,
    files: dict[str, PaperName | None],
    sessions: set[tuple[str, int]],
) -> None:
    names = Counter(name for file, name in files.items() if name and file.endswith(PLAIN_SUFFIX))
    for file, name in files.items():
        if not file.endswith(PLAIN_SUFFIX):
            continue
        if name is None:
            checked.faults.append(PaperFault(file, _NO_NAME))
        elif name.session not in sessions:
            checked.faults.append(PaperFault(file, _NO_SESSION))
        elif name.kind == MOCK and name.variant == SPARE:
            checked.faults.append(PaperFault(file, _MOCK_SPARE))
        else:
            if names[name] > 1:
                checked.faults.append(PaperFault(file, _TWICE))
            paper, faults = reading.read_paper(folder / file, name)
            checked.faults += faults
            checked.papers += [paper] if paper else []


_NO_NAME = Text(
    "is no paper's name: call it `mock-0.toml`, `formal-0.toml`, `formal-0.b.toml` or `formal-0.spare.toml`",
    "文件名不是试卷的名称，应为 `mock-0.toml`、`formal-0.toml`、`formal-0.b.toml` 或 `formal-0.spare.toml`",
)
_NO_SESSION = Text(
    "the exam file has no such session: they are counted from 0, by time",
    "考试文件中没有这个场次（按时间先后从 0 开始编号）",
)
_MOCK_SPARE = Text("a mock needs no spare paper: remove it", "模拟面试不需要备用卷，请删除")
_TWICE = Text(
    "another file is the same paper: `formal-0.toml` and `formal-0.a.toml` are one, keep one of them",
    "与另一个文件是同一份试卷：`formal-0.toml` 与 `formal-0.a.toml` 相同，只保留一个",
)


def _missing(names: Iterable[PaperName | None], sessions: Sequence[PaperSession]) -> list[PaperFault]:
    there = {name.session for name in names if name is not None and name.variant != SPARE}
    absent = Text("the session has no paper: write one", "该场次没有试卷，请补上")
    return [PaperFault(f"{each}{PLAIN_SUFFIX}", absent) for each in sessions if each.key not in there]


def shared_questions(papers: Sequence[Paper], sessions: Sequence[PaperSession]) -> list[PaperFault]:
    """Questions that two papers share although one of them may be known when the other begins.

    Mocks are open for days and may share among themselves. Sessions that begin together may share, but a
    spare paper never with the paper that it takes the place of.
    """
    starts = {session.key: session.starts for session in sessions}
    faults = []
    for one, other in itertools.combinations(sorted(papers, key=lambda paper: paper.name), 2):
        if one.name.kind == other.name.kind == MOCK:
            continue
        together = starts.get(one.name.session) == starts.get(other.name.session)
        if together and SPARE not in (one.name.variant, other.name.variant):
            continue
        faults += list(_shared(one, other))
    return faults


def _shared(one: Paper, other: Paper) -> Iterator[PaperFault]:
    known = {_essence(words): question for question in other.questions for words in _words(question)}
    for position, question in enumerate(one.questions):
        match = next((known[key] for key in map(_essence, _words(question)) if key in known), None)
        if match is not None:
            problem = Text(
                f"{other.file} asks the same (question {match.id}): replace it in one of them",
                f"与 {other.file} 的试题（{match.id}）相同，请更换其中一道",
            )
            yield PaperFault(one.file, problem, f"questions[{position}]")


def _words(question: form.Question) -> tuple[str, str]:
    return question.text.zh, question.text.en


def _essence(text: str) -> str:
    """A text without what does not make it another question: spaces, punctuation, case, width."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold()) or text


def time_faults(paper: Paper, length_s: int) -> tuple[list[PaperFault], list[PaperFault]]:
    """Faults and remarks of a paper's times, within an attempt of ``length_s``."""
    if paper.wire["pace"] == form.CLOCK:
        return list(_clock_faults(paper, length_s)), []
    faults = [
        PaperFault(paper.file, _NO_CLOCK, f"questions[{position}]")
        for position, question in enumerate(paper.questions)
        if question.from_s is not None or question.to_s is not None
    ]
    needed = sum(question.needed_s for question in paper.questions)
    clicks = sum(not question.needed_s for question in paper.questions)
    if needed + clicks * CLICK_S > length_s:
        faults.append(PaperFault(paper.file, _too_long(needed, clicks, length_s)))
    elif not clicks and needed < length_s:
        return faults, [PaperFault(paper.file, _too_short(needed, length_s))]
    return faults, []


_NO_CLOCK = Text(
    'from_s and to_s are for the pace "clock": leave them out', 'from_s 和 to_s 仅用于 pace = "clock"，请删除'
)


def _too_long(needed: int, clicks: int, length_s: int) -> Text:
    rest_en = f", {clicks} more question(s) need at least {CLICK_S} s each" if clicks else ""
    rest_zh = f"，另有 {clicks} 题每题至少需要 {CLICK_S} 秒" if clicks else ""
    return Text(
        f"the answer time is {length_s} s, but its spoken questions take {needed} s{rest_en}: shorten them",
        f"作答时间为 {length_s} 秒，而口述题共需 {needed} 秒{rest_zh}，请缩短",
    )


def _too_short(needed: int, length_s: int) -> Text:
    return Text(
        f"its questions take {needed} s of {length_s} s: candidates wait for the rest",
        f"各题共 {needed} 秒，而作答时间为 {length_s} 秒，考生答完后需要等待",
    )


def _clock_faults(paper: Paper, length_s: int) -> Iterator[PaperFault]:
    """Each question begins where the one before ended; the last one ends with the attempt."""
    before = 0
    for position, question in enumerate(paper.questions):
        where, begins, ends = f"questions[{position}]", question.from_s, question.to_s
        if begins is None or ends is None:
            yield PaperFault(paper.file, _NO_TIMES, where)
            return
        if begins != before:
            yield PaperFault(paper.file, _gap("from_s", begins, before), where)
        if ends - begins < max(question.needed_s, CLICK_S):
            yield PaperFault(paper.file, _span_short(ends - begins, max(question.needed_s, CLICK_S)), where)
        before = ends
    if before != length_s:
        yield PaperFault(paper.file, _gap("to_s", before, length_s), f"questions[{len(paper.questions) - 1}]")


_NO_TIMES = Text(
    'with the pace "clock" each question needs from_s and to_s',
    'pace = "clock" 时，每题都须写明 from_s 和 to_s',
)


def _gap(member: str, given: int, wanted: int) -> Text:
    return Text(
        f"{member} is {given}, and the times only add up with {wanted}",
        f"{member} 为 {given}，时间不衔接，应为 {wanted}",
    )


def _span_short(given: int, needed: int) -> Text:
    return Text(
        f"has {given} s and needs {needed} s: move to_s",
        f"只有 {given} 秒，至少需要 {needed} 秒，请调整 to_s",
    )


def _mock_faults(paper: Paper) -> list[PaperFault]:
    kinds = {question.kind for question in paper.questions}
    if paper.name.kind != MOCK or {form.SPOKEN, form.CHOICE} <= kinds:
        return []
    problem = Text(
        "a mock needs a spoken and a choice question, so that each try covers both: add one",
        "模拟卷须至少有一道口述题和一道选择题，使考生体验两种作答方式，请补充",
    )
    return [PaperFault(paper.file, problem)]


def _unused(
    papers: Sequence[Paper], files: dict[str, PaperName | None], faults: Sequence[PaperFault]
) -> list[PaperFault]:
    """Files that no paper uses; not said where a paper with faults may use them."""
    if faults:
        return []
    used = frozenset[str]().union(*(paper.used_files for paper in papers))
    unused = Text("no paper uses this file", "没有试卷使用该文件")
    return [PaperFault(file, unused) for file, name in files.items() if name is None and file not in used]


def _without_spare(files: dict[str, PaperName | None], sessions: Sequence[PaperSession]) -> list[PaperFault]:
    there = {name.session for name in files.values() if name is not None and name.variant == SPARE}
    problem = Text(
        "the session has no spare paper: a leak on the day could not be answered",
        "该场次没有备用卷，一旦当天泄题将无卷可换",
    )
    return [
        PaperFault(f"{each}.{SPARE}{PLAIN_SUFFIX}", problem)
        for each in sessions
        if each.kind == FORMAL and each.key not in there
    ]
