"""Lists of candidates who are stuck, as the overview counts them; each opens page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oneseat.portal.desk.failure_words import TITLES, meaning_of
from oneseat.portal.desk.visits import DeskVisit, charter_in_force
from oneseat.portal.exam.overview import Overview
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.state.candidates import failures, seat_search
from oneseat.state.candidates.failures import FailureKind
from oneseat.state.candidates.seat_search import SeatMatch
from oneseat.state.problems import MAX_LISTED, Problem
from oneseat.web.refusals import PageUnknown
from signing.text import Text

PAGE = 50
LAST_PAGE = MAX_LISTED // PAGE


@dataclass(frozen=True)
class Heading:
    """A problem's name, what it counts, and what the time beside a candidate is."""

    title: Text
    hint: Text
    since: Text


HEADINGS = {
    Problem.WAITING: Heading(
        Text("Waiting after mistakes", "多次填错，等待中"),
        Text(
            "They cannot log in or activate until the wait ends.",
            "等待结束前不能登录或激活，可重置验证次数。",
        ),
        Text("waits until", "等待至"),
    ),
    Problem.BROKEN_OFF: Heading(
        Text("Downloads broken off", "下载中断"),
        Text(
            "Begun, not finished, and not asked for during ten minutes. Those running are left out.",
            "已开始、未完成，且 10 分钟内没有继续；不含正在下载的。",
        ),
        Text("last asked for", "最近一次请求"),
    ),
    Problem.NOT_ACTIVATED: Heading(
        Text("Downloaded, not activated", "已下载，未激活"),
        Text("Downloaded more than an hour ago.", "下载完成超过 1 小时，尚未在电脑上激活。"),
        Text("downloaded", "下载完成"),
    ),
    Problem.SILENT: Heading(
        Text("Activated and silent", "已激活，未再联系"),
        Text("The client was not heard of for a day.", "考生端超过 24 小时没有与平台联系。"),
        Text("last heard of", "最近联系"),
    ),
    Problem.NO_MOCK: Heading(
        Text("No mock interview", "未参加模拟面试"),
        Text("The last mock interviews end soon, or have ended.", "模拟面试即将或已经结束，尚未参加。"),
        Text("", ""),
    ),
}


HELP_PATH = "help"
"""The address of the queue of help requests, below the desk's own."""
_HELP = Text("Help requests waiting", "求助等待中")


@dataclass(frozen=True)
class ProblemRow:
    """A line of the overview: a problem, its count, and the address of its list."""

    title: Text
    count: int
    path: str


@dataclass(frozen=True)
class Stuck:
    """A candidate in a list, and the time that the list is about."""

    seat: SeatMatch
    since: datetime | None


@dataclass(frozen=True)
class ListedPage:
    """One page of a list. ``page`` counts from one."""

    heading: Heading
    count: int
    stuck: tuple[Stuck, ...]
    page: int
    pages: int
    path: str

    def at(self, page: int) -> str:
        """The address of another page, below the desk's own."""
        return f"{self.path}{'&' if '?' in self.path else '?'}page={page}"


def current_overview(exam: ServedExam, now: datetime) -> Overview | None:
    """The newest figures at hand; None while the first ones are being read."""
    in_force = charter_in_force(exam)
    mocks = () if in_force is None else in_force.charter.mocks
    exam.failures.flush()
    return exam.overview.current(now, max((mock.closes for mock in mocks), default=None))


def rows(overview: Overview) -> list[ProblemRow]:
    """The problems of an overview, with those refusals of clients that are most frequent."""
    lines = [ProblemRow(_HELP, overview.help_waiting, HELP_PATH)]
    lines += [
        ProblemRow(HEADINGS[problem].title, listed.count, f"problems/{problem}")
        for problem, listed in overview.problems.items()
    ]
    for kind, code, count in overview.codes[:6]:
        heading = _code_heading(FailureKind(kind), code)
        lines.append(ProblemRow(heading.title, count, f"problems/{kind}?code={code}"))
    return lines


def page_of(visit: DeskVisit, name: str, code: str, page: int) -> ListedPage:
    """One page of a problem's list, or of the refusals of one kind and code.

    Raises:
        PageUnknown: there is no such list or page.
    """
    if page > LAST_PAGE:
        raise PageUnknown
    if name in (FailureKind.CLIENT, FailureKind.HEALTH):
        return _refused_page(visit, FailureKind(name), code, page)
    overview = current_overview(visit.exam, visit.now)
    if name not in set(Problem):
        raise PageUnknown
    listed = None if overview is None else overview.problems.get(Problem(name))
    since = {} if listed is None else {seat.admission_number: seat.since for seat in listed.seats}
    heading, count = HEADINGS[Problem(name)], 0 if listed is None else listed.count
    return _page(visit, heading, count, since, page, f"problems/{name}")


def _page(
    visit: DeskVisit, heading: Heading, count: int, since: dict[str, datetime | None], page: int, path: str
) -> ListedPage:
    numbers = list(since)[(page - 1) * PAGE : page * PAGE]
    with visit.exam.database.reading() as connection:
        seats = seat_search.describe(connection, visit.exam.exam, numbers)
    stuck = tuple(Stuck(seat, since[seat.admission_number]) for seat in seats)
    return ListedPage(heading, count, stuck, page, max(1, -(-len(since) // PAGE)), path)


def _refused_page(visit: DeskVisit, kind: FailureKind, code: str, page: int) -> ListedPage:
    if not code.isascii() or not code.isprintable():
        raise PageUnknown
    exam = visit.exam.exam
    with visit.exam.database.reading() as connection:
        counts = {found: count for _, found, count in failures.count_codes(connection, exam, [kind])}
        rows = failures.list_by_code(connection, exam, kind, code, PAGE, (page - 1) * PAGE)
        last_at = {row.admission_number: row.last_at for row in rows}
        seats = seat_search.describe(connection, exam, list(last_at))
    count = counts.get(code, 0)
    pages = max(1, min(LAST_PAGE, -(-count // PAGE)))
    stuck = tuple(Stuck(seat, last_at[seat.admission_number]) for seat in seats)
    path = f"problems/{kind}?code={code}"
    return ListedPage(_code_heading(kind, code), count, stuck, page, pages, path)


def _code_heading(kind: FailureKind, code: str) -> Heading:
    title, meaning = TITLES[kind], meaning_of(kind, code)
    words = Text(f"{title.en}: {meaning.cause.en}", f"{title.zh}：{meaning.cause.zh}")
    return Heading(words, meaning.remedy, Text("last at", "最近一次"))
