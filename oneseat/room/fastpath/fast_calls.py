"""Beats and looks on the event loop, committed in groups: the plain routes' services, for many calls at once.

All kinds share one group. SQLite has one writer: several groups would wait for each other's commits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from oneseat.room.errors import RoomError, RoomNotReady
from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.fastpath.group_commit import GroupCommit, Later
from oneseat.room.http.few_threads import FewThreads
from oneseat.room.services.arrival import looks
from oneseat.room.services.arrival.looks import Bearer, CheckedLook, Look
from oneseat.room.services.attempts.window_calls import cookie_hash, hash_of
from oneseat.room.services.page import beats
from oneseat.room.services.page.beat_merging import Beat
from oneseat.room.services.page.beats import GivenBeat, TakenBeat
from oneseat.room.services.phone import phone_beats
from oneseat.room.services.phone.phone_beats import GivenPhoneBeat, TakenPhoneBeat
from oneseat.state.database import Database
from oneseat.state.errors import StateUnavailable
from oneseat.state.nowait import OpenTransaction

Given = GivenBeat | CheckedLook | GivenPhoneBeat
Result = TakenBeat | TakenPhoneBeat | dict[str, Any] | Exception
_FOR_ALL = (StateUnavailable, RoomNotReady)
"""Faults that no call of a group escapes."""
_MOST_KNOWN = 16_384
"""Callers that are remembered. One process serves fewer; past it all are forgotten, which only costs time."""
_log = logging.getLogger("room.calls")
_Call = TypeVar("_Call", GivenBeat, CheckedLook, GivenPhoneBeat)
_Result = TypeVar("_Result")


class FastCalls:
    """Takes in the beats and looks of one room in groups. An instance belongs to one event loop.

    Callers are remembered once a call of theirs went well, so that the next one is not looked up before its
    group: nothing is decided by that. Within the group each call is checked by the database.
    """

    def __init__(self, room: ServedRoom, hand_ins: FewThreads) -> None:
        self._room = room
        self._hand_ins = hand_ins
        self._group: GroupCommit[Given, Any] = GroupCommit(self._begin, _key_of)
        self._known: set[bytes] = set()
        self._bearers: dict[bytes, Bearer] = {}

    async def beat(self, cookie: str | None, epoch: int, said: Beat) -> dict[str, Any]:
        """As :func:`oneseat.room.services.page.beats.beat`.

        Raises:
            OneSeatError: as for :func:`oneseat.room.services.page.beats.beat`.
        """
        given = GivenBeat(hash_of(cookie), epoch, said)
        if beats.is_look_needed(self._room, said):
            given = await run_in_threadpool(beats.look, self._room, cookie, given)
        taken: TakenBeat = await self._group.submit(given)
        self._remember(given.cookie)
        if taken.is_due:  # the store is listed, which may wait for the network
            return await self._hand_ins.run(beats.finish, self._room, taken)
        return beats.finish(self._room, taken)

    async def look(self, given: Look) -> dict[str, Any]:
        """As :func:`oneseat.room.services.arrival.looks.look`.

        Raises:
            OneSeatError: as for :func:`oneseat.room.services.arrival.looks.look`.
        """
        key = cookie_hash(given.credential)
        checked = self._check_known(key, given) or await self._find(given)
        try:
            answer: dict[str, Any] = await self._group.submit(checked)
        except RoomError:
            self._bearers.pop(key, None)
            raise
        if len(self._bearers) >= _MOST_KNOWN:
            self._bearers.clear()
        self._bearers[key] = checked.bearer
        return answer

    async def phone_beat(self, given: GivenPhoneBeat) -> dict[str, Any]:
        """As :func:`oneseat.room.services.phone.phone_beats.beat`.

        Raises:
            OneSeatError: as for :func:`oneseat.room.services.phone.phone_beats.beat`.
        """
        if beats.is_look_needed(self._room, given.said):
            given = await run_in_threadpool(phone_beats.look, self._room, given)
        taken: TakenPhoneBeat = await self._group.submit(given)
        self._remember(given.cookie)
        if taken.due:  # the store is listed, which may wait for the network
            return await self._hand_ins.run(phone_beats.finish, self._room, taken)
        return phone_beats.finish(self._room, taken)

    def close(self) -> None:
        """Wait for the group that is under way."""
        self._group.close()

    def _remember(self, cookie: bytes) -> None:
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known.add(cookie)

    def _check_known(self, key: bytes, given: Look) -> CheckedLook | None:
        """Check the look of a remembered bearer, without the database; None where that is not enough."""
        bearer = self._bearers.get(key)
        if bearer is None or bearer.charter is not self._room.last_charter:
            return None
        try:
            return looks.check(self._room, bearer, given)
        except RoomError:  # the attempt may be another device's by now
            return None

    async def _find(self, given: Look) -> CheckedLook:
        bearer = await run_in_threadpool(looks.find_bearer, self._room, given)
        return looks.check(self._room, bearer, given)

    def _begin(self, given: Sequence[Given]) -> Callable[[], Sequence[Result]] | Later[Given, Any]:
        """Take a group in on the loop, and leave the commit to the thread.

        SQLite gives up the interpreter's lock for each row that it reads. In a thread, each of those would
        be a change between that and the loop, which costs more than the row. So where another writer holds
        the lock, the thread only waits for it, before the writers that wait already: when a thousand pages
        hand in, those are as many as there are threads, and all other pages wait for the group. On
        PostgreSQL the thread does it all.
        """
        database = self._room.database
        if not database.is_local:
            return partial(self._take_in, given)
        refusals = self._refuse_strangers(given)
        if refusals is not None:
            return lambda: refusals
        transaction = database.begin_nowait()
        if transaction is None:
            return Later(database.wait_for_lock, self._begin_locked)
        return self._take_in_now(transaction, given)

    def _begin_locked(self, given: Sequence[Given]) -> Callable[[], Sequence[Result]]:
        """Take a group in with the lock that the thread has waited for, unless another process writes."""
        transaction = self._room.database.begin_locked()
        if transaction is None:
            return partial(self._take_in, given)
        return self._take_in_now(transaction, given)

    def _take_in_now(
        self, transaction: OpenTransaction, given: Sequence[Given]
    ) -> Callable[[], Sequence[Result]]:
        database = self._room.database
        try:
            with database.map_errors():
                results = self._take_in_on(transaction.connection, given)
        except BaseException as error:
            transaction.__exit__(type(error), error, error.__traceback__)
            if not isinstance(error, Exception) or isinstance(error, _FOR_ALL):
                raise
            return partial(self._take_in, given)
        return partial(_commit, database, transaction, results)

    def _refuse_strangers(self, given: Sequence[Given]) -> Sequence[Result] | None:
        """The refusals of a group of strangers, who take no lock; None where one is known or has a proof."""
        if any(isinstance(each, CheckedLook) or each.cookie in self._known for each in given):
            return None
        refused = {
            **_by_call(given, GivenBeat, partial(beats.refuse_strangers, self._room)),
            **_by_call(given, GivenPhoneBeat, partial(phone_beats.refuse_strangers, self._room)),
        }
        refusals = [refusal for each in given if (refusal := refused[id(each)]) is not None]
        return refusals if len(refusals) == len(given) else None

    def _take_in_on(self, connection: Connection, given: Sequence[Given]) -> Sequence[Result]:
        """All kinds in one transaction, the computers' beats first."""
        results = {
            **_by_call(given, GivenBeat, partial(beats.take_in_on, self._room, connection)),
            **_by_call(given, CheckedLook, partial(looks.take_in_on, self._room, connection)),
            **_by_call(given, GivenPhoneBeat, partial(phone_beats.take_in_on, self._room, connection)),
        }
        return [results[id(each)] for each in given]

    def _take_in(self, given: Sequence[Given]) -> Sequence[Result]:
        """Each kind in a transaction of its own: PostgreSQL locks the attempts of one in one order."""
        results = {
            **_by_call(given, GivenBeat, partial(self._take_in_kind, beats.take_in_known)),
            **_by_call(given, CheckedLook, partial(self._take_in_kind, looks.take_in)),
            **_by_call(given, GivenPhoneBeat, partial(self._take_in_kind, phone_beats.take_in)),
        }
        return [results[id(each)] for each in given]

    def _take_in_kind(
        self,
        take_in: Callable[[ServedRoom, Sequence[_Call]], Sequence[Result]],
        given: Sequence[_Call],
    ) -> Sequence[Result]:
        refusals = self._refuse_strangers(given)
        if refusals is not None:
            return refusals
        try:
            return take_in(self._room, given)
        except _FOR_ALL:
            raise
        except Exception as error:  # noqa: BLE001 -- it is raised where the request waits
            if len(given) == 1:
                return [error]
            # One that cannot be saved must not fail the others of its group.
            _log.error("group failed: %s", type(error).__name__)
            return [self._take_in_alone(take_in, each) for each in given]

    def _take_in_alone(
        self, take_in: Callable[[ServedRoom, Sequence[_Call]], Sequence[Result]], given: _Call
    ) -> Result:
        try:
            (result,) = take_in(self._room, [given])
        except Exception as error:  # noqa: BLE001 -- it is raised where the request waits
            return error
        return result


def _key_of(given: Given) -> bytes:
    """The caller: a second call of the same must see what the first did."""
    return given.bearer.device_key if isinstance(given, CheckedLook) else given.cookie


def _by_call(
    given: Sequence[Given], kind: type[_Call], results_of: Callable[[Sequence[_Call]], Sequence[_Result]]
) -> dict[int, _Result]:
    """Results of the calls of one kind, by the calls' identity."""
    calls = [each for each in given if isinstance(each, kind)]
    return dict(zip(map(id, calls), results_of(calls), strict=True)) if calls else {}


def _commit(database: Database, transaction: OpenTransaction, results: Sequence[Result]) -> Sequence[Result]:
    with database.map_errors(), transaction:
        return results
