"""Those who give measures: a room whose charter bounds them, and two persons before its page of measures."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
from sqlalchemy import delete

from oneseat.state.accounts.operators import Role
from oneseat.state.publishing import orders
from oneseat.state.tables.publishing import ExamOrder
from oneseat.state.tables.room_measures import RoomAnnouncementRow, RoomBulletinRow, RoomMeasureRow
from signing.authority.keys import ORDER
from signing.charter import Measures
from signing.orders import SignedOrder, verify_order
from tests.room.held_exam import BEFORE, EXAM, HeldExam, RoomKeys, RunningRoom
from tests.room.staff_entry import Staff, hire

NAMES = {"zhang": "张主考", "li": "李副主考"}
FORM = {"act": "postpone", "session": "0", "minutes": "10", "whom": "all", "reason": "power"}


class Office(Staff):
    """An operator's browser before the page of measures."""

    def draft(self, **changes: str) -> httpx.Response:
        form = {**FORM, "name": NAMES.get(self.name, self.name), **changes}
        return self.post("/staff/measures/draft", **form)

    def drafted(self, **changes: str) -> str:
        """Draft; return the address of the draft's page."""
        answer = self.draft(**changes)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def give(self, address: str, **changes: str) -> httpx.Response:
        """Open the draft's page, and confirm what it shows."""
        shown = re.search(r'name="newest" value="(\d+)"', self.get(address).text)
        form = {"newest": shown[1] if shown else "0", "name": NAMES.get(self.name, self.name)}
        return self.post(f"{address}/give", **{**form, **changes})


Enter = Callable[[str], Office]


def add_operators(exam: HeldExam) -> None:
    hire(exam, {"zhang": Role.ADMIN, "li": Role.CHIEF, "support": Role.SUPPORT, "lead": Role.LEAD})


def bounds_of(keys: RoomKeys) -> Measures:
    return Measures((keys.room.signer(ORDER).public_key,), 1800, 1800, may_end=True)


def without_orders(room: RunningRoom) -> RunningRoom:
    """The room as it was before any order, when the formal interview's candidates come."""
    room.at(BEFORE)
    with room.exam.database.writing() as connection:
        for table in (ExamOrder, RoomMeasureRow, RoomAnnouncementRow, RoomBulletinRow):
            connection.execute(delete(table))
    return room


def given(room: RunningRoom) -> list[SignedOrder]:
    with room.exam.database.reading() as connection:
        return [verify_order(room.exam.charter, token) for token in orders.tokens(connection, EXAM)]


def order(room: RunningRoom, office: Enter, **changes: str) -> None:
    """Give a measure, as two persons do."""
    assert office("li").give(office("zhang").drafted(**changes)).status_code == 303
