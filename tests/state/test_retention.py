"""Every table of the exam room says how long its rows are kept, and what of them may leave the room."""

from __future__ import annotations

import pytest
from sqlalchemy import Table

from oneseat.state.tables import retention, room


@pytest.mark.parametrize("table", retention.room_tables(), ids=lambda table: table.name)
def test_each_table_declares_a_retention_class(table: Table) -> None:
    assert table.info.get("retention") in retention.CLASSES, "see oneseat/state/tables/retention.py"


@pytest.mark.parametrize("table", retention.room_tables(), ids=lambda table: table.name)
def test_rows_that_are_kept_can_be_found_by_their_exam(table: Table) -> None:
    assert "exam" in table.columns


def test_secrets_of_an_attempt_are_private() -> None:
    table = retention.table_of(room.RoomAttemptRow)
    exported = {column.name for column in retention.exported_columns(table)}
    assert set(table.columns.keys()) - exported == {"ticket", "cookie_hash", "grant_hash"}
