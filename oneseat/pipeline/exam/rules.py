"""Rules between several settings of an exam file: order of times, overlaps, known names.

They work on the parsed TOML, and each rule reads only what it needs. So one mistake does not
hide the others.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from typing import Any

from pydantic_core import PydanticCustomError

from oneseat.files.model_faults import Fault
from oneseat.pipeline.exam.values import require_duration, seconds_of
from signing import urls
from signing.charter import OWN_ROOM
from signing.documents import KINDS
from signing.text import Text

LONGEST_SWEEP_S = 300
_ORDER = Text("must be later than {0}", "必须晚于 {0}")
_NOT_SHORTER = Text("must not be shorter than {0}", "不能短于 {0}")
_NOT_BEFORE = Text("must not be earlier than {0}", "不能早于 {0}")


def rule_faults(data: Mapping[str, Any]) -> list[Fault]:
    """Return every broken rule of an exam file."""
    rules = (_names, _own_room, _orders, _overlaps, _sequence, _outermost, _retention, _sweep)
    return [fault for rule in rules for fault in rule(data)]


def _names(data: Mapping[str, Any]) -> Iterator[Fault]:
    zone, url, kinds = data.get("timezone"), data.get("portal_url"), data.get("document_kinds")
    if isinstance(zone, str) and not _zone_exists(zone):
        yield Fault("timezone", Text("is not an IANA time zone", "不是 IANA 时区名"))
    if isinstance(url, str) and (problem := _portal_problem(url)):
        yield Fault("portal_url", problem)
    yield from _links(data)
    for position, kind in enumerate(kinds if isinstance(kinds, list) else []):
        if isinstance(kind, str) and kind not in KINDS:
            known = ", ".join(KINDS)
            yield Fault(
                f"document_kinds[{position}]", Text(f"must be one of {known}", f"只能是以下之一：{known}")
            )


def _zone_exists(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _portal_problem(url: str) -> Text | None:
    """A portal's address is secure and may have a path, which the client's own paths are appended to."""
    address = urls.parse(url)
    if address is not None and ("?" in address.rest or "#" in address.rest):
        address = None
    return _insecure(address)


def _links(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Check links of client and pages. Only the exam room's must be secure: it receives the ticket."""
    manuals = data.get("manuals")
    tables = {f"manuals[{n}]": table for n, table in enumerate(manuals if isinstance(manuals, list) else [])}
    places = [("support", "desk_url"), ("companion_app", "url"), ("exam_room", "url")]
    places += [(manual, "url") for manual in tables]
    for name, key in places:
        table = tables.get(name, data.get(name))
        url = table.get(key) if isinstance(table, dict) else None
        if isinstance(url, str) and url:
            address = urls.parse(url)
            problem = _insecure(address) if address is None or name == "exam_room" else None
            if problem is not None:
                yield Fault(f"{name}.{key}", problem)


def _own_room(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Check that this project's room is named by an origin and the path at which it takes tickets.

    An address that is none, or not secure, is reported with the other links.
    """
    room = data.get("exam_room")
    if not isinstance(room, dict) or room.get("kind") != OWN_ROOM:
        return
    address = urls.parse(str(room.get("url", "")))
    if address is not None and address.is_secure and address.rest != "/enter":
        yield Fault(
            "exam_room.url",
            Text(
                "must be the room's address followed by /enter, such as https://room.example.cn/enter",
                "应为考场地址加 /enter，例如 https://room.example.cn/enter",
            ),
        )


def _insecure(address: urls.WebAddress | None) -> Text | None:
    if address is None:
        return Text(
            "must be an address like https://exam.example.cn", "应为网址，例如 https://exam.example.cn"
        )
    if not address.is_secure:
        return Text(
            "must be https; plain http is for this computer only",
            "必须使用 https；仅本机地址可用 http",
        )
    return None


def _orders(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Check that the times of each window and session are in order."""
    yield from _forward(data.get("download"), "download", "opens", "closes")
    for path, session in _sessions(data, "mock"):
        yield from _forward(session, path, "opens", "closes")
    for path, hours in _sessions(data, "support", "hours"):
        yield from _forward(hours, path, "opens", "closes")
    for path, session in _sessions(data, "formal"):
        yield from _forward(session, path, "login_opens", "starts")
        yield from _forward(session, path, "starts", "ends")
        yield from _forward(session, path, "login_opens", "login_closes")
        login_closes, ends = _time(session, "login_closes"), _time(session, "ends")
        if login_closes and ends and login_closes > ends:
            yield Fault(f"{path}.login_closes", Text("must not be later than ends", "不能晚于 ends"))


def _forward(table: object, path: str, earlier: str, later: str) -> Iterator[Fault]:
    begin, end = _time(table, earlier), _time(table, later)
    if begin and end and end <= begin:
        yield _fault(f"{path}.{later}", _ORDER, earlier)


def _overlaps(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Check that spans of one kind do not overlap; a mock may overlap the download window."""
    mocks, formals = _sessions(data, "mock"), _sessions(data, "formal")
    hours = _sessions(data, "support", "hours")
    for tables, begins, ends in (
        (mocks, "opens", "closes"),
        (formals, "login_opens", "ends"),
        (hours, "opens", "closes"),
    ):
        timed = sorted(
            (begin, end, path)
            for path, session in tables
            if (begin := _time(session, begins)) and (end := _time(session, ends)) and begin < end
        )
        for (_, end, before), (begin, _, path) in pairwise(timed):
            if begin < end:
                yield Fault(path, Text(f"overlaps with {before}", f"与 {before} 时间重叠"))


def _sequence(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Check that formal interviews begin after all mocks and after the last change of computers."""
    mock_ends = [
        (end, path) for path, session in _sessions(data, "mock") if (end := _time(session, "closes"))
    ]
    formal = _sessions(data, "formal")
    for path, session in formal:
        opens = _time(session, "login_opens")
        if mock_ends and opens and opens < max(mock_ends)[0]:
            yield _fault(f"{path}.login_opens", _NOT_BEFORE, f"{max(mock_ends)[1]}.closes")
    starts = [start for _, session in formal if (start := _time(session, "starts"))]
    changes = _time(data, "device_change_until")
    if changes and starts and changes > min(starts):
        problem = Text(
            "must not be later than the start of the first formal session", "不能晚于首场正式面试的开考时间"
        )
        yield Fault("device_change_until", problem)


def _outermost(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Check that licences end, and the client may be removed, only after everything that needs them."""
    ends, keep = _time(data, "ends"), _time(data, "keep_until")
    last = [("download.closes", _time(data.get("download"), "closes"))]
    last += [(f"{path}.closes", _time(session, "closes")) for path, session in _sessions(data, "mock")]
    formal = [(f"{path}.ends", _time(session, "ends")) for path, session in _sessions(data, "formal")]
    for path, moment in last + formal:
        if ends and moment and ends < moment:
            yield _fault("ends", _NOT_BEFORE, path)
    for path, moment in formal:
        if keep and moment and keep < moment:
            yield _fault("keep_until", _NOT_BEFORE, path)


def _retention(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Check that the list of attempts is kept as long as what it leads to, and that results come last."""
    kept = data.get("retention")
    if not isinstance(kept, dict):
        return
    events = _seconds(kept, "events")
    for name in ("mock_recordings", "formal_recordings", "identity", "requests"):
        longer = _seconds(kept, name)
        if events is not None and longer is not None and longer > events:
            yield _fault("retention.events", _NOT_SHORTER, f"retention.{name}")
    results = _time(kept, "results_at")
    for path, session in _sessions(data, "formal"):
        ends = _time(session, "ends")
        if results and ends and results < ends:
            yield _fault("retention.results_at", _NOT_BEFORE, f"{path}.ends")


def _sweep(data: Mapping[str, Any]) -> Iterator[Fault]:
    """Check that a phone's sweep is short enough to be held in the hand."""
    companion = data.get("companion")
    sweep_s = _seconds(companion, "sweep") if isinstance(companion, dict) else None
    if sweep_s is not None and sweep_s > LONGEST_SWEEP_S:
        yield Fault("companion.sweep", Text("must not be longer than 5min", "不能长于 5min"))


def _seconds(table: Mapping[str, Any], name: str) -> int | None:
    """A duration in seconds, or None; the model reports a value of another form."""
    with suppress(PydanticCustomError, TypeError):
        return seconds_of(require_duration(table[name])) if name in table else None
    return None


def _fault(key: str, problem: Text, other: str) -> Fault:
    return Fault(key, Text(problem.en.format(other), problem.zh.format(other)))


def _sessions(
    data: Mapping[str, Any], kind: str, name: str = "sessions"
) -> list[tuple[str, Mapping[str, Any]]]:
    table = data.get(kind)
    sessions = table.get(name) if isinstance(table, dict) else None
    if not isinstance(sessions, list):
        return []
    named = ((f"{kind}.{name}[{position}]", session) for position, session in enumerate(sessions))
    return [(path, session) for path, session in named if isinstance(session, dict)]


def _time(table: object, name: str) -> datetime | None:
    """Return the aware time of that name, or None; the model reports a value of another type."""
    value = table.get(name) if isinstance(table, Mapping) else None
    return value if isinstance(value, datetime) and value.tzinfo is not None else None
