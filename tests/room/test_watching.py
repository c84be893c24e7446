"""Who is responsible for a group, by whose page was heard when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oneseat.room.rules.watching import SILENT_AFTER, Place, Responsible, responsible

NOW = datetime(2035, 1, 4, 4, tzinfo=UTC)
FRESH, OLD = NOW - SILENT_AFTER + timedelta(seconds=1), NOW - SILENT_AFTER


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ({"chen": FRESH, "sun": NOW}, Responsible(Place.FIRST, "chen")),
        ({"chen": OLD, "sun": FRESH}, Responsible(Place.SECOND, "sun")),
        ({"chen": OLD, "sun": OLD, "lead": NOW}, Responsible(Place.LEAD, "lead")),
        ({"chen": OLD, "sun": OLD}, Responsible(Place.LEAD, None)),
        ({}, Responsible(Place.LEAD, None)),
        ({"lead": FRESH, "chief": NOW}, Responsible(Place.LEAD, "chief")),
    ],
    ids=["first", "second", "lead", "silent", "none", "two"],
)
def test_who_is_silent_for_a_minute_is_replaced(heard: dict[str, datetime], expected: Responsible) -> None:
    assert responsible("chen", "sun", heard, NOW) == expected
    assert expected.is_unwatched == (expected.operator is None)


def test_a_group_without_invigilators_is_the_leads() -> None:
    assert responsible(None, None, {}, NOW) == Responsible(Place.LEAD, None)
    assert responsible(None, None, {"lead": NOW}, NOW).operator == "lead"
