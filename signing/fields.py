"""Reading signed JSON: every member has a type, and a wrong one is refused by name."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, Mapping, Optional, Tuple

from signing.errors import TokenMalformed


def instant_text(moment: datetime) -> str:
    """An aware time as RFC 3339 text that keeps its offset, to the second."""
    return moment.isoformat(timespec="seconds")


def unix_time(seconds: int) -> datetime:
    """Whole seconds since 1970 as an aware UTC time."""
    return datetime.fromtimestamp(seconds, timezone.utc)


class Fields:
    """Typed access to the members of a JSON object.

    Every accessor raises :class:`TokenMalformed` that names the member.
    """

    def __init__(self, members: Mapping[str, Any], where: str = "") -> None:
        self._members = members
        self._where = where

    def _fault(self, name: str, problem: str) -> TokenMalformed:
        return TokenMalformed(reason=f"{self._where}{name} {problem}")

    def _get(self, name: str, kind: type, what: str) -> Any:  # noqa: ANN401 -- what `kind` says
        value = self._members.get(name)
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise self._fault(name, f"is not {what}")
        return value

    def text(self, name: str) -> str:
        """A string."""
        return str(self._get(name, str, "text"))

    def integer(self, name: str) -> int:
        """A whole number, never negative."""
        value = int(self._get(name, int, "a whole number"))
        if value < 0:
            raise self._fault(name, "is negative")
        return value

    def number(self, name: str) -> float:
        """A number, whole or not, never negative."""
        value = self._members.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise self._fault(name, "is not a number")
        return float(value)

    def flag(self, name: str) -> bool:
        """True or false."""
        return bool(self._get(name, bool, "true or false"))

    def instant(self, name: str) -> datetime:
        """An RFC 3339 time with an offset."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self._fault(name, "is not a time") from None
        if moment.tzinfo is None:
            raise self._fault(name, "has no offset")
        return moment

    def has(self, name: str) -> bool:
        """Whether there is such a member and it is not null; for members that came later than version 1."""
        return self._members.get(name) is not None

    def optional_instant(self, name: str) -> Optional[datetime]:
        """An RFC 3339 time, or null where it is not known."""
        return None if self._members.get(name) is None else self.instant(name)

    def child(self, name: str) -> Fields:
        """A nested object."""
        return Fields(self._get(name, dict, "an object"), f"{self._where}{name}.")

    def children(self, name: str) -> Tuple[Fields, ...]:
        """A list of objects."""
        items = self._get(name, list, "a list")
        return tuple(self._element(name, position, item) for position, item in enumerate(items))

    def _element(self, name: str, position: int, item: object) -> Fields:
        if not isinstance(item, dict):
            raise self._fault(name, f"has no object at {position}")
        return Fields(item, f"{self._where}{name}[{position}].")

    def texts(self, name: str) -> Tuple[str, ...]:
        """A list of strings."""
        items = self._get(name, list, "a list")
        if not all(isinstance(item, str) for item in items):
            raise self._fault(name, "is not a list of texts")
        return tuple(items)

    def exactly(self, *names: str) -> Fields:
        """The same fields, when these and no other members are there."""
        if set(self._members) != set(names):
            odd = sorted(set(self._members) ^ set(names))
            raise self._fault(odd[0][:40], "is missing or unexpected")
        return self

    def plain(self) -> Dict[str, Any]:
        """The members as they came."""
        return dict(self._members)
