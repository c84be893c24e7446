"""The list of exams: each with its state and interview date, those that want something now first."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import CharterInForce
from oneseat.portal.rules.download_gate import Phase, phase_at
from signing.text import Text

_ORDER = {Phase.OPEN: 0, Phase.BEFORE: 1, Phase.BETWEEN: 2, Phase.CLOSED: 3}
_STATES = {
    Phase.BEFORE: Text("Download not open yet", "下载尚未开放"),
    Phase.OPEN: Text("Download open", "下载开放中"),
    Phase.BETWEEN: Text("Download closed for now", "下载暂未开放"),
    Phase.CLOSED: Text("Download closed", "下载已截止"),
}
_OVER = Text("Over", "已结束")


class ListedExam(NamedTuple):
    """A line of the list. ``phase`` names the state for styling; ``rank`` sorts the lines."""

    rank: tuple[int, float]
    home: str
    title: Text
    publisher: Text
    phase: str
    state: Text
    download: Text
    interview: Text

    @classmethod
    def of(cls, in_force: CharterInForce, now: datetime) -> ListedExam:
        """The line of an exam at a time."""
        charter, zone = in_force.charter, in_force.zone
        starts = sorted(session.starts for session in charter.formals)
        over = now >= max(session.ends for session in charter.formals)
        phase = phase_at(now, in_force.rules)
        first = schedule.opening(starts[0], zone)
        more = len(starts) - 1
        interview = (
            Text(f"{first.en}, and {more} more", f"{first.zh} 起，共 {more + 1} 场") if more else first
        )
        # Those that are over come last, the latest of them first.
        rank = (4, -starts[-1].timestamp()) if over else (_ORDER[phase], charter.download.closes.timestamp())
        return cls(
            rank,
            f"/e/{charter.exam}/",
            charter.title,
            charter.publisher,
            "closed" if over else str(phase),
            _OVER if over else _STATES[phase],
            schedule.span(charter.download, zone),
            interview,
        )


def listed(in_force: list[CharterInForce], now: datetime) -> dict[str, Any]:
    """The list as template variables."""
    return {"exams": sorted(ListedExam.of(charter, now) for charter in in_force)}
