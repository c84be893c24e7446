"""The order in which one process's writers get the lock of SQLite."""

from __future__ import annotations

import threading

from oneseat.state.database import Database
from oneseat.state.write_lock import WriteLock
from tests.patience import PATIENCE_S, wait_until


def wait_in_line(lock: WriteLock, order: list[str], name: str, *, urgent: bool = False) -> threading.Thread:
    """Start a thread that takes the lock once and notes its turn; return when it waits."""

    def take() -> None:
        if urgent:
            lock.acquire_next()
        else:
            lock.__enter__()
        order.append(name)
        lock.release()

    thread = threading.Thread(target=take)
    queue = lock._urgent if urgent else lock._waiting
    before = len(queue)
    thread.start()
    wait_until(lambda: len(queue) > before)
    return thread


def test_an_urgent_writer_is_next_and_one_that_waits_goes_between_two() -> None:
    lock, order = WriteLock(), list[str]()
    with lock:
        threads = [wait_in_line(lock, order, name) for name in "abc"]
        threads += [wait_in_line(lock, order, name, urgent=True) for name in "XY"]
    for thread in threads:
        thread.join(PATIENCE_S)
    assert "".join(order) == "aXbYc", "whoever frees the lock counts as one of those between"


def test_who_does_not_wait_gets_a_free_lock_only() -> None:
    lock = WriteLock()
    assert lock.acquire_nowait()
    assert not lock.acquire_nowait()
    lock.release()
    assert lock.acquire_nowait()


def test_a_writer_that_is_interrupted_leaves_the_line() -> None:
    """Also one to whom the lock was handed at that moment: it hands it on."""
    lock = WriteLock()
    turn = threading.Lock()
    lock.acquire_nowait()
    lock._waiting.append(turn)
    lock._give_up(lock._waiting, turn)
    assert not lock._waiting and not lock.acquire_nowait(), "it is still held by the other"
    lock._give_up(lock._waiting, turn)
    assert lock.acquire_nowait(), "the lock had been handed to it"


def test_a_transaction_begins_after_the_wait_before_writers_that_came_earlier(database: Database) -> None:
    order = list[str]()

    def write() -> None:
        with database.writing():
            order.append("earlier")

    lock = database._write_lock
    if not isinstance(lock, WriteLock):
        return  # PostgreSQL has many writers
    with database.writing():
        writers = [threading.Thread(target=write) for _ in range(3)]
        for writer in writers:
            writer.start()
        wait_until(lambda: len(lock._waiting) == 3)
        waiting = threading.Thread(target=database.wait_for_lock)
        waiting.start()
        wait_until(lambda: len(lock._urgent) == 1)
    waiting.join(PATIENCE_S)
    taken = len(order)
    transaction = database.begin_locked()
    assert transaction is not None and taken <= 1
    with transaction:
        assert len(order) == taken, "it is alone"
    for writer in writers:
        writer.join(PATIENCE_S)
    assert len(order) == 3
    assert database.begin_nowait() is not None
