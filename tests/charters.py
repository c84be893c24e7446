"""A charter of a fictitious exam, for tests."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from signing.charter import Charter, CharterKey, FormalSession, Requirements, Software, Support, Window
from signing.text import Text

BEIJING = timezone(timedelta(hours=8))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in January 2035, Beijing time."""
    return datetime(2035, 1, day, hour, minute, tzinfo=BEIJING)


def charter(
    *keys: CharterKey, exam: str = "test", version: int = 1, builds: tuple[str, ...] = ("build-1",)
) -> Charter:
    """A complete charter with windows like those of the first exam."""
    return Charter(
        exam=exam,
        version=version,
        issued_at=at(1, 9),
        title=Text("Test interview", "测试面试"),
        product=Text("Test Client", "测试考生端"),
        companion=Text("Test Phone App", "测试手机端"),
        publisher=Text("Test Authority", "测试考试机构"),
        portal_url="http://127.0.0.1:9",  # the discard port: connections are refused
        timezone="Asia/Shanghai",
        ends=at(31, 0),
        document_kinds=("resident-id", "passport"),
        download=Window(at(4, 10), at(5, 23)),
        download_grace_s=1800,
        mock_required="gate",
        mocks=(Window(at(4, 10), at(5, 0)), Window(at(5, 10), at(6, 0))),
        formals=(FormalSession(at(10, 10, 10), at(10, 11), at(10, 11), at(10, 11, 10)),),
        device_change_until=at(6, 0),
        keep_until=None,
        support=Support("000-000-0000", ("000-00000000",), Text("Test desk", "测试客服平台"), ""),
        manuals=(),
        requirements=Requirements(("7", "10"), 4, 3.5, 2, 20, 4, False, "8.0", 2, 3),
        catalogue=(Software("测试杀毒", "antivirus", "block", ("testav",), (), ("TestAV",)),),
        keys=keys,
        builds=builds,
    )
