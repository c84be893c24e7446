"""Faults of single entries of a run: a counter by kind, and a bounded list of the first ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from oneseat.pipeline.errors import MachineRefused
from signing.errors import OneSeatError, code_of
from signing.os_faults import system_reason
from signing.text import Text

MAX_KEPT = 100
"""How many faults are kept to be shown. All are counted."""

_DIED = Text("every worker that was given it died", "处理它的工作进程异常终止")


class Fault(NamedTuple):
    """One entry's fault: the jti or the published batch, the refusal's code, and its cause."""

    where: str
    code: str
    cause: Text


class Faults:
    """Collects faults. Memory does not grow with their number."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[Fault] = []
        self.kinds: Counter[str] = Counter()

    def add(self, faults: Iterable[Fault]) -> None:
        """Count faults, and keep the first of them."""
        for fault in faults:
            self.count += 1
            self.kinds[fault.code] += 1
            if len(self.first) < MAX_KEPT:
                self.first.append(fault)


def fault_from_error(where: str, error: OneSeatError | OSError) -> Fault:
    """Make the fault of an entry from a refusal or an error of the operating system."""
    if isinstance(error, OneSeatError):
        return Fault(where, error.code, error.cause_text)
    return Fault(where, code_of(MachineRefused.number), system_reason(error))


def fault_from_lost_worker(where: str) -> Fault:
    """Make the fault of an entry in a chunk that killed every worker."""
    return Fault(where, code_of(MachineRefused.number), _DIED)
