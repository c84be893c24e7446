"""Faults of papers, each with its file, its line or member, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oneseat.files.model_faults import Fault
from signing.text import Text


@dataclass(frozen=True)
class PaperFault:
    """A fault of one file, or of one folder's papers together; ``where`` is empty for a whole file."""

    file: str
    problem: Text
    where: str = ""
    line: int | None = None

    @classmethod
    def of(cls, file: str, fault: Fault) -> PaperFault:
        """A fault of a file's member."""
        return cls(file, fault.problem, fault.key, fault.line)

    def as_text(self) -> Text:
        """The fault as one line in each language."""
        line_en = f", line {self.line}" if self.line else ""
        line_zh = f"，第 {self.line} 行" if self.line else ""
        where_en = f", {self.where}" if self.where else ""
        where_zh = f"，{self.where}" if self.where else ""
        return Text(
            f"  {self.file}{line_en}{where_en}: {self.problem.en}",
            f"  {self.file}{line_zh}{where_zh}：{self.problem.zh}",
        )


def join(faults: Iterable[PaperFault]) -> Text:
    """All faults, one per line."""
    texts = [fault.as_text() for fault in faults]
    return Text("\n".join(text.en for text in texts), "\n".join(text.zh for text in texts))
