"""The wall's rules: what is an alarm, which comes first, what a filter shows, what of a name is legible."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oneseat.room.rules import wall
from oneseat.room.rules.identity import Identity
from oneseat.room.rules.picture_due import StreamPictures
from oneseat.room.rules.steps import Step
from oneseat.room.rules.wall import Alarm, WallFilter, Watched
from oneseat.room.staff.live_wall.wall_reading import Tile, WallSnapshot
from oneseat.room.staff.live_wall.wall_views import WallView
from tests import charters

NOW = charters.at(10, 11, 5)
LONG_AGO = NOW - timedelta(seconds=71)
WELL = Watched(
    step=Step.QUESTIONS,
    identity=Identity.PASSED,
    heard_at=NOW,
    guard_connected=True,
    phone_present=True,
    phone_fault=None,
    has_request=False,
    has_permission=False,
    backlog=2,
    pictures=(StreamPictures(asked_at=LONG_AGO, newest_at=NOW),),
)


LATE = StreamPictures(asked_at=LONG_AGO)


def alarms(**changes: object) -> tuple[Alarm, ...]:
    return wall.alarms_of(replace(WELL, **changes), NOW)  # type: ignore[arg-type] # members of Watched


def test_an_attempt_in_which_all_is_well_has_no_alarm() -> None:
    assert alarms() == ()
    assert alarms(identity=Identity.UNDECIDED) == alarms(identity=None) == ()


@pytest.mark.parametrize(
    ("changes", "raised"),
    [
        ({"heard_at": LONG_AGO}, Alarm.PAGE_SILENT),
        ({"heard_at": None}, Alarm.PAGE_SILENT),
        ({"identity": Identity.REJECTED}, Alarm.REJECTED),
        ({"identity": Identity.DOUBTFUL}, Alarm.DOUBTFUL),
        ({"has_request": True}, Alarm.REQUEST),
        ({"phone_present": False}, Alarm.PHONE_AWAY),
        ({"phone_fault": "low-battery"}, Alarm.PHONE_FAULT),
        ({"pictures": (*WELL.pictures, LATE)}, Alarm.PICTURE_OLD),
        ({"guard_connected": False}, Alarm.GUARD_SILENT),
        ({"backlog": wall.MANY_SEGMENTS}, Alarm.BACKLOG),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, Alarm) else "",
)
def test_each_fact_raises_its_alarm_alone(changes: dict[str, object], raised: Alarm) -> None:
    assert alarms(**changes) == (raised,)


def test_what_is_explained_or_not_due_is_no_alarm() -> None:
    assert alarms(has_permission=True, phone_present=False, phone_fault="silent") == ()
    assert alarms(pictures=()) == ()
    assert alarms(step=Step.DEVICES, heard_at=None, pictures=(), guard_connected=False) == ()
    assert alarms(phone_present=None) == ()
    assert alarms(heard_at=LONG_AGO, pictures=(LATE,)) == (Alarm.PAGE_SILENT,), "one cause, one alarm"


def test_the_gravest_alarm_comes_first_and_more_of_them_before_fewer() -> None:
    order = [
        (Alarm.PAGE_SILENT,),
        (Alarm.REQUEST, Alarm.BACKLOG),
        (Alarm.REQUEST,),
        (Alarm.BACKLOG,),
        (),
    ]
    assert [wall.urgency(each) for each in order] == sorted(map(wall.urgency, order))


def test_filters_show_what_they_name() -> None:
    asked = replace(WELL, has_request=True, identity=Identity.UNDECIDED)
    waiting = replace(WELL, step=Step.DEVICES, has_permission=True)
    shown = {
        name: wall.filters_of(each, wall.alarms_of(each, NOW)) - {WallFilter.ALL}
        for name, each in {"asked": asked, "waiting": waiting, "well": WELL}.items()
    }
    assert shown == {
        "asked": {WallFilter.ALARMS, WallFilter.UNDECIDED, WallFilter.REQUESTS, WallFilter.ANSWERING},
        "waiting": {WallFilter.PERMISSIONS, WallFilter.PREPARING},
        "well": {WallFilter.ANSWERING},
    }


def test_of_a_name_the_first_character_is_legible() -> None:
    assert [wall.masked_name(name) for name in ("", "张", "张三", "欧阳小明明")] == ["", "张", "张*", "欧**"]


def tile(number: str, *raised: Alarm, **shown: object) -> Tile:
    filters = frozenset({WallFilter.ALL, *([WallFilter.ALARMS] if raised else [])})
    drawn = {"id": f"id-{number}", "number": number, **shown}
    return Tile(f"id-{number}", bool(raised), None, wall.urgency(raised), filters, drawn)


def snapshot(*tiles: Tile) -> WallSnapshot:
    return WallSnapshot(tuple(sorted(tiles, key=lambda each: each.rank)), NOW)


def test_a_viewer_gets_a_page_and_then_only_what_changes() -> None:
    view = WallView(WallFilter.ALL, 1, lambda _: True)
    tiles = [tile(f"{n:04}") for n in range(wall.PER_PAGE + 2)]
    first = view.news(snapshot(*tiles))
    assert (len(first["tiles"]), first["total"], first["pages"]) == (40, 42, 2)
    assert view.news(snapshot(*tiles)) == {} and view.message_of(snapshot(*tiles)) == ""
    tiles[3] = tile("0003", at=7)
    assert [each["id"] for each in view.news(snapshot(*tiles))["tiles"]] == ["id-0003"]
    tiles[41] = tile("0041", Alarm.REQUEST)
    news = view.news(snapshot(*tiles))
    assert news["order"][0] == "id-0041" and [each["id"] for each in news["tiles"]] == ["id-0041"]
    assert news["counts"]["alarms"] == 1
    tiles[41] = tile("0041")
    gone = view.news(snapshot(*tiles))
    assert "id-0041" not in gone["order"] and [each["id"] for each in gone["tiles"]] == ["id-0039"]


def test_a_viewer_sees_and_counts_only_what_is_of_the_own_groups() -> None:
    view = WallView(WallFilter.ALARMS, 1, lambda each: each.attempt != "id-1")
    news = view.news(snapshot(tile("1", Alarm.REQUEST), tile("2", Alarm.BACKLOG), tile("3")))
    assert (news["order"], news["counts"]["all"], news["counts"]["alarms"]) == (["id-2"], 2, 1)
