"""Papers as files, for tests of what reads, checks and seals them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from oneseat.room.papers.sessions import PaperSession
from tests import charters

LENGTH_S = 600
STARTS = charters.at(10, 11)
SESSIONS = (
    PaperSession("mock", 0, LENGTH_S),
    PaperSession("formal", 0, LENGTH_S, STARTS),
    PaperSession("formal", 1, LENGTH_S, STARTS + timedelta(hours=3)),
)


def spoken(about: str, name: str = "q1", prepare_s: int = 60, answer_s: int = 180, more: str = "") -> str:
    return f"""
[[questions]]
id = "{name}"
kind = "spoken"
text = {{ zh = "请谈谈{about}。", en = "Speak about {about}." }}
prepare_s = {prepare_s}
answer_s = {answer_s}
{more}"""


def choice(about: str, name: str = "q2", more: str = "") -> str:
    return f"""
[[questions]]
id = "{name}"
kind = "choice"
text = {{ zh = "关于{about}，哪项正确？", en = "Of {about}, which is right?" }}
options = [
    {{ id = "a", text = {{ zh = "甲", en = "one" }} }},
    {{ id = "b", text = {{ zh = "乙", en = "two" }} }},
]
{more}"""


def typed(about: str, name: str = "q3", more: str = "") -> str:
    return f"""
[[questions]]
id = "{name}"
kind = "text"
text = {{ zh = "请写下{about}。", en = "Write of {about}." }}
{more}"""


def paper(*questions: str, head: str = "") -> str:
    title = 'title = { zh = "测试试卷", en = "Test paper" }'
    return "\n".join([title, head, *questions])


def write_good(folder: Path) -> Path:
    """A folder of papers without faults or remarks for :data:`SESSIONS`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("mock-0", "formal-0", "formal-0.spare", "formal-1", "formal-1.spare"):
        text = paper(spoken(f"{name} 甲"), choice(f"{name} 乙"))
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder
