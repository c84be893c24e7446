"""Decodes signed JSON into typed records, and encodes them; faulty members are refused by name.

A record is a dataclass or a named tuple whose annotations say what its members are (:func:`decode`).
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone
from typing import (
    Any,
    Callable,
    Dict,
    Mapping,
    NamedTuple,
    Tuple,
    Type,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from signing import jws
from signing.refusals import TokenMalformed
from signing.text import Text, quoted

_Record = TypeVar("_Record")
_Read = Callable[["Fields", str], Any]


def instant_text(moment: datetime) -> str:
    """Format an aware time as RFC 3339 text with its offset, to the second."""
    return moment.isoformat(timespec="seconds")


def unix_time(seconds: int) -> datetime:
    """Convert whole seconds since 1970 to an aware UTC time."""
    return datetime.fromtimestamp(seconds, timezone.utc)


class Fields:
    """Typed access to the members of a JSON object.

    Every accessor raises :class:`TokenMalformed` that names the member.
    """

    def __init__(self, members: Mapping[str, Any], where: str = "") -> None:
        self._members = members
        self._where = where

    def _fault(self, name: str, problem: Text) -> TokenMalformed:
        member = f"{self._where}{quoted(name)}"
        return TokenMalformed(reason=Text(f"{member} {problem.en}", f"{member} {problem.zh}"))

    def _get(self, name: str, kind: type, what: Text) -> Any:  # noqa: ANN401 -- what `kind` says
        value = self._members.get(name)
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise self._fault(name, Text(f"is not {what.en}", f"不是{what.zh}"))
        return value

    def text(self, name: str) -> str:
        """Read a string."""
        return str(self._get(name, str, Text("text", "文字")))

    def integer(self, name: str) -> int:
        """Read a whole number that is not negative."""
        value = int(self._get(name, int, Text("a whole number", "整数")))
        if value < 0:
            raise self._fault(name, Text("is negative", "是负数"))
        return value

    def number(self, name: str) -> float:
        """Read a number, whole or not, that is not negative."""
        value = self._members.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise self._fault(name, Text("is not a number", "不是数字"))
        return float(value)

    def flag(self, name: str) -> bool:
        """Read true or false."""
        return bool(self._get(name, bool, Text("true or false", "真假值")))

    def instant(self, name: str) -> datetime:
        """Read an RFC 3339 time with an offset."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self._fault(name, Text("is not a time", "不是时间")) from None
        if moment.tzinfo is None:
            raise self._fault(name, Text("has no offset", "缺少时区偏移"))
        return moment

    def has(self, name: str) -> bool:
        """Whether there is such a member and it is not null. For members added after version 1."""
        return self._members.get(name) is not None

    def binary(self, name: str) -> bytes:
        """Read bytes in base64url."""
        return jws.b64url_decode(self.text(name))

    def child(self, name: str) -> Fields:
        """Read a nested object."""
        return Fields(self._get(name, dict, Text("an object", "对象")), f"{self._where}{name}.")

    def children(self, name: str) -> Tuple[Fields, ...]:
        """Read a list of objects."""
        items = self._get(name, list, Text("a list", "列表"))
        return tuple(self._element(name, position, item) for position, item in enumerate(items))

    def _element(self, name: str, position: int, item: object) -> Fields:
        if not isinstance(item, dict):
            raise self._fault(name, Text(f"has no object at {position}", f"的第 {position} 项不是对象"))
        return Fields(item, f"{self._where}{name}[{position}].")

    def texts(self, name: str) -> Tuple[str, ...]:
        """Read a list of strings."""
        items = self._get(name, list, Text("a list", "列表"))
        if not all(isinstance(item, str) for item in items):
            raise self._fault(name, Text("is not a list of texts", "不是文字列表"))
        return tuple(items)

    def binaries(self, name: str) -> Tuple[bytes, ...]:
        """Read a list of bytes, each in base64url."""
        return tuple(jws.b64url_decode(text) for text in self.texts(name))

    def exactly(self, *names: str) -> Fields:
        """Check that exactly these members are present, and return the same fields."""
        if set(self._members) != set(names):
            odd = sorted(set(self._members) ^ set(names))
            raise self._fault(odd[0][:40], Text("is missing or unexpected", "缺失或多余"))
        return self

    def plain(self) -> Dict[str, Any]:
        """Return the members as decoded from JSON."""
        return dict(self._members)


def decode(record: Type[_Record], fields: Fields) -> _Record:
    """Decode a JSON object into a record, by the annotations of the record's class.

    A member may be absent or null if its annotation is Optional or the class gives it a default.
    Members that the class does not have are ignored.

    Raises:
        TokenMalformed: a member is missing or has the wrong type.
    """
    return record(
        **{
            name: member.read(fields, name)
            for name, member in _members(record).items()
            if not member.has_default or fields.has(name)
        }
    )


def decode_exactly(record: Type[_Record], fields: Fields) -> _Record:
    """Decode a record whose members must all be present, and no others.

    Raises:
        TokenMalformed: a member is missing, unexpected or has the wrong type.
    """
    members = _members(record)
    fields.exactly(*members)
    return record(**{name: member.read(fields, name) for name, member in members.items()})


def encode(value: Any) -> Any:  # noqa: ANN401 -- JSON holds anything
    """Encode a value as the JSON that :func:`decode` reads: records as objects, times and bytes as text."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, bytes):
        return jws.b64url_encode(value)
    if isinstance(value, dict):
        return {name: encode(item) for name, item in value.items()}
    if _is_record(value):
        return {name: encode(getattr(value, name)) for name in _members(type(value))}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def _is_record(kind: object) -> bool:
    return dataclasses.is_dataclass(kind) or hasattr(kind, "_fields")


class _Member(NamedTuple):
    read: _Read
    has_default: bool


_MEMBERS_BY_CLASS: Dict[type, Dict[str, _Member]] = {}


def _members(record: type) -> Dict[str, _Member]:
    """Return how each member of a record is read; cached per class, since resolving annotations is slow."""
    if record not in _MEMBERS_BY_CLASS:
        hints = get_type_hints(record)
        _MEMBERS_BY_CLASS[record] = {
            name: _Member(_reader(hints[name]), has_default)
            for name, has_default in _declared(record).items()
        }
    return _MEMBERS_BY_CLASS[record]


def _declared(record: Any) -> Dict[str, bool]:  # noqa: ANN401 -- a dataclass or a named tuple
    """Return the names of a record's members, and whether each has a default."""
    if dataclasses.is_dataclass(record):
        return {field.name: field.default is not dataclasses.MISSING for field in dataclasses.fields(record)}
    return {name: name in record._field_defaults for name in record._fields}


_READERS: Mapping[Any, _Read] = {
    str: Fields.text,
    int: Fields.integer,
    float: Fields.number,
    bool: Fields.flag,
    bytes: Fields.binary,
    datetime: Fields.instant,
    Tuple[str, ...]: Fields.texts,
    Tuple[bytes, ...]: Fields.binaries,
}


def _reader(kind: Any) -> _Read:  # noqa: ANN401 -- an annotation
    """Return the function that reads a member of one annotation: plain, optional, a list or a record."""
    if kind in _READERS:
        return _READERS[kind]
    arguments = get_args(kind)
    if type(None) in arguments:
        present = _reader(next(kind for kind in arguments if kind is not type(None)))
        return lambda fields, name: present(fields, name) if fields.has(name) else None
    if get_origin(kind) is tuple:
        item = arguments[0]
        return lambda fields, name: tuple(decode(item, child) for child in fields.children(name))
    if not _is_record(kind):
        raise TypeError(f"no JSON value is read as {kind}")
    return lambda fields, name: decode(kind, fields.child(name))
