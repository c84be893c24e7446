"""What is wrong with single entries of a batch: counted all, the first of them kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from oneseat.files.os_errors import why
from oneseat.pipeline.errors import MachineRefused
from signing.errors import OneSeatError, code_of
from signing.text import Text

FIRST = 100
"""How many are kept to be shown. All are counted."""

_DIED = Text("every worker that was given it died", "处理它的工作进程异常终止")


class Fault(NamedTuple):
    """One entry's fault: the jti or the batch, the refusal's code, and its cause."""

    where: str
    code: str
    cause: Text


class Faults:
    """Faults as they come. Memory does not grow with their number."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[Fault] = []
        self.kinds: Counter[str] = Counter()

    def add(self, faults: Iterable[Fault]) -> None:
        """Take more of them."""
        for fault in faults:
            self.count += 1
            self.kinds[fault.code] += 1
            if len(self.first) < FIRST:
                self.first.append(fault)


def of_error(where: str, error: OneSeatError | OSError) -> Fault:
    """What a refusal or the system said of an entry."""
    if isinstance(error, OneSeatError):
        return Fault(where, error.code, error.cause_text)
    return Fault(where, code_of(MachineRefused.number), why(error))


def of_lost(where: str) -> Fault:
    """An entry whose workers died."""
    return Fault(where, code_of(MachineRefused.number), _DIED)
