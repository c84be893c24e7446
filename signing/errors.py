"""The base class of all refusals: code, exit status, and cause and remedy in two languages.

A refusal's number makes its code (``OS-021``), which is what people read and what stays for ever. The exit
status of a command is something else: a byte, of which shells keep 126 to 165 for themselves. Numbers below
:data:`BLOCKS_BEGIN` were published when both were one, so they are their own exit statuses still, except
where a shell would misread them. Any other refusal shares the :class:`ExitStatus` of its kind.

Programs for Windows, where an exit status has 32 bits and no shell claims any, end with the number itself
(:attr:`OneSeatError.error_level`).
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar, Dict, Tuple, Type

from signing.text import Text

BLOCKS_BEGIN = 300
"""Numbers from here on belong to a room's block. Those below are published, and no more are given out."""

BLOCKS: Dict[str, range] = {
    "signing": range(300, 400),
    "state": range(400, 500),
    "store": range(500, 600),
    "pipeline": range(600, 900),
    "portal": range(900, 1200),
    "client": range(1200, 1500),
    "demo": range(1500, 1600),
    "room": range(2000, 2400),
    "web": range(2400, 2500),
}
"""The numbers of each room for new refusals. From 2500 on they are free for packages yet to come."""

SHELL_STATUSES = range(126, 166)
"""What shells say themselves: not executable, not found, and 128 plus the number of a signal."""


class ExitStatus(IntEnum):
    """Exit statuses shared by all refusals of one kind, so that a script knows what to do next."""

    INPUT = 3
    CONFLICT = 4
    MACHINE = 5
    UNREACHABLE = 6
    INTEGRITY = 7
    FORBIDDEN = 8
    FAULT = 9


MEANINGS: Dict[ExitStatus, str] = {
    ExitStatus.INPUT: "a file, name or value that was given is malformed, unreadable or unknown: correct it",
    ExitStatus.CONFLICT: "what is stored rules it out, or a step is missing: look at what there is",
    ExitStatus.MACHINE: "this computer lacks something (a program, memory, space, a permission): provide it",
    ExitStatus.UNREACHABLE: "another computer or service did not answer: try again later",
    ExitStatus.INTEGRITY: "signed or chained data does not verify: stop, and find out who changed it",
    ExitStatus.FORBIDDEN: "the exam's rules or the caller's rights do not allow it",
    ExitStatus.FAULT: "a defect of OneSeat: report it",
}
"""The meaning of each kind and what to do about it, for the reference."""


def code_of(number: int) -> str:
    """Format the code of a refusal's number, with three digits or more: ``OS-021``, ``OS-1204``."""
    return f"OS-{number:03d}"


class OneSeatError(Exception):
    """A refusal that a person can act on.

    ``facts`` fill the placeholders of :attr:`cause` and :attr:`remedy`. They must
    never hold a secret or an ID number: they are shown, logged and sent.

    A class with a number from :data:`BLOCKS_BEGIN` on, or in :data:`SHELL_STATUSES`, sets :attr:`exit_status`
    to an :class:`ExitStatus`; for any other number that is the number.

    Raises:
        TypeError: the facts given are not exactly the placeholders of the texts.
    """

    number: ClassVar[int]
    exit_status: ClassVar[int]
    cause: ClassVar[Text]
    remedy: ClassVar[Text]

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        if "number" not in vars(cls) or "exit_status" in vars(cls):
            return
        if cls.number >= BLOCKS_BEGIN or cls.number in SHELL_STATUSES:
            raise TypeError(f"{cls.__name__} sets no exit_status, and {cls.number} cannot be one")
        cls.exit_status = cls.number

    def __init__(self, **facts: object) -> None:
        wanted = self.cause.placeholders() | self.remedy.placeholders()
        if set(facts) != wanted:
            raise TypeError(f"{type(self).__name__} takes {sorted(wanted)}, not {sorted(facts)}")
        self.facts = facts
        super().__init__(self.cause.filled(facts).en)

    def __reduce__(self) -> Tuple[object, ...]:
        return _rebuild, (type(self), self.facts)

    @property
    def code(self) -> str:
        """The code as people read it over the telephone, such as ``OS-021``."""
        return code_of(self.number)

    @property
    def error_level(self) -> int:
        """What a program for Windows ends with: the number of the code."""
        return self.number

    @property
    def cause_text(self) -> Text:
        """The cause, with its facts filled in."""
        return self.cause.filled(self.facts)

    @property
    def remedy_text(self) -> Text:
        """The remedy, with its facts filled in."""
        return self.remedy.filled(self.facts)

    def diagnostics(self, lang: str = "en") -> str:
        """Format code, cause and remedy in one language (``en`` or ``zh``), on two lines."""
        cause, remedy = getattr(self.cause_text, lang), getattr(self.remedy_text, lang)
        return f"{self.code}: {cause}\n{remedy}"


def _rebuild(error: Type[OneSeatError], facts: Dict[str, object]) -> OneSeatError:
    """Rebuild a pickled refusal: the default ``__reduce__`` passes no keyword arguments."""
    return error(**facts)
