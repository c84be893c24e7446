"""Login checks of one event-loop iteration share a transaction, and each counts as if it were alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.fastpath import login_batch
from oneseat.portal.fastpath.fast_login import FastLogin
from oneseat.portal.refusals.login import LoginRefused, SeatThrottled
from oneseat.portal.rules.client_address import Origin
from oneseat.portal.rules.rate_limits import FREE_FAILURES, MemoryLimit
from oneseat.portal.services.login import identity
from oneseat.portal.services.login.identity import Identity, IdentityClaim
from oneseat.portal.services.login.visits import Visit
from oneseat.state.candidates import login_budget
from oneseat.state.errors import StateUnavailable
from oneseat.state.nowait import OpenTransaction
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam
from tests.simulator import Person

WRONG = "别人"


@pytest.fixture
def served(exam: PublishedExam) -> Iterator[ServedExam]:
    opened = ServedExam(exam.exam_settings(), rehearsing=False)
    yield opened
    opened.close()


class Logins:
    """Logins at one exam, all through the same batcher."""

    def __init__(self, served: ServedExam) -> None:
        self._exam = served
        self._limit = MemoryLimit(1000, 1000)
        self._fast = FastLogin({EXAM: served})

    def entering(self, person: Person, name: str | None = None) -> Awaitable[Any]:
        body = person.body()
        identity = Identity(name or body["name"], body["id_number"], body["admission_number"])
        return self._fast.log_in(
            IdentityClaim(self._exam, identity, Origin("192.0.2.1"), self._limit, INSIDE)
        )


@pytest.fixture
def logins(served: ServedExam) -> Logins:
    return Logins(served)


def together(logins: Iterable[Awaitable[Any]]) -> list[Any]:
    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*logins, return_exceptions=True)

    return asyncio.run(all_at_once())


def failures(served: ServedExam, person: Person) -> int:
    subject = login_budget.subject(served.pepper, EXAM, person.body()["admission_number"])
    with served.database.reading() as connection:
        return login_budget.failures(connection, subject)


def test_a_right_guess_behind_wrong_ones_waits_for_them_to_be_counted(
    served: ServedExam, logins: Logins, exam: PublishedExam
) -> None:
    guessed, *others = exam.people
    guesses = [logins.entering(guessed, WRONG) for _ in range(FREE_FAILURES)]
    right = logins.entering(guessed)
    elsewhere = [logins.entering(other) for other in others]
    *refused, found = (outcomes := together([*guesses, right, *elsewhere]))[: FREE_FAILURES + 1]
    assert {type(one) for one in refused} == {LoginRefused}
    assert isinstance(found, SeatThrottled), "five failures came before it, and the sixth attempt waits"
    assert all(isinstance(one, Visit) for one in outcomes[FREE_FAILURES + 1 :])
    assert failures(served, guessed) == FREE_FAILURES


def test_a_right_login_before_wrong_ones_is_let_in(
    served: ServedExam, logins: Logins, exam: PublishedExam
) -> None:
    guessed = exam.people[0]
    first, *rest = together([logins.entering(guessed), logins.entering(guessed, WRONG)])
    assert isinstance(first, Visit)
    assert {type(one) for one in rest} == {LoginRefused}
    assert failures(served, guessed) == 1


def test_those_beyond_one_batch_are_in_the_next(
    served: ServedExam, logins: Logins, exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_batch, "MAX_BATCH", 2)
    begun = []
    begin = served.database.begin_nowait

    def counted() -> OpenTransaction | None:
        begun.append(1)
        return begin()

    monkeypatch.setattr(served.database, "begin_nowait", counted)
    outcomes = together([logins.entering(person) for person in exam.people[:5]])
    assert all(isinstance(one, Visit) for one in outcomes)
    assert len(begun) == 3


def test_who_leaves_is_counted_and_holds_nobody_up(
    served: ServedExam, logins: Logins, exam: PublishedExam
) -> None:
    async def leave() -> None:
        leaving = asyncio.ensure_future(logins.entering(exam.people[0], WRONG))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(LoginRefused):  # it waits for what the other one spends
            await logins.entering(exam.people[1], WRONG)

    asyncio.run(leave())
    assert failures(served, exam.people[0]) == 1
    assert isinstance(together([logins.entering(exam.people[0])])[0], Visit)


def test_a_database_that_fails_counts_nothing_and_is_free_again(
    served: ServedExam, logins: Logins, exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = exam.people[:3]
    spend = login_budget.spend
    asked = []

    def failing(*arguments: Any, **more: Any) -> Any:
        asked.append(1)
        if len(asked) == 2:
            raise OperationalError("UPDATE", None, Exception("disk I/O error"))
        return spend(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(login_budget, "spend", failing)
        outcomes = together(
            [
                logins.entering(first, WRONG),
                logins.entering(second, WRONG),
                logins.entering(third),
            ]
        )
    assert [type(one) for one in outcomes] == [StateUnavailable, StateUnavailable, Visit]
    assert failures(served, first) == failures(served, second) == 0
    assert isinstance(together([logins.entering(first)])[0], Visit)


def test_an_unforeseen_fault_in_one_check_ends_the_batch_and_not_the_portal(
    served: ServedExam, logins: Logins, exam: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(identity, "gate_decision", lambda *_: 1 / 0)
        outcomes = together([logins.entering(person) for person in exam.people[:2]])
    assert [type(one) for one in outcomes] == [ZeroDivisionError] * 2
    assert isinstance(together([logins.entering(exam.people[0])])[0], Visit)
