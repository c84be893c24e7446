"""What papers need to know of the sessions of a charter; a paper's name says of which session it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from signing.charter import Charter
from signing.session_times import FORMAL, MOCK, Sessions, effective, formal_attempt


@dataclass(frozen=True)
class PaperSession:
    """What papers need to know of a session. ``starts`` is None for a mock, which has no common start."""

    kind: str
    position: int
    answer_s: int
    starts: datetime | None = None

    @property
    def key(self) -> tuple[str, int]:
        """Kind and position."""
        return self.kind, self.position

    def __str__(self) -> str:
        return f"{self.kind}-{self.position}"


def sessions_of(charter: Charter, held: Sessions | None = None) -> list[PaperSession]:
    """The sessions of a charter: mocks first, each kind in the charter's order.

    ``held`` are the sessions as later orders have moved them.
    """
    answer_s = charter.room.mock_answer_s if charter.room is not None else 0
    sessions = [PaperSession(MOCK, position, answer_s) for position in range(len(charter.mocks))]
    for position, formal in enumerate((held or effective(charter)).formals):
        if formal is not None:
            times = formal_attempt(formal)
            length = int((times.ends - times.starts).total_seconds())
            sessions.append(PaperSession(FORMAL, position, length, times.starts))
    return sessions
