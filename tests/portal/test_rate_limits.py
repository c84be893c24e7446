"""The limit per address: the same promises in memory and in Redis, shared where processes serve together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import SecretStr

from oneseat.portal.refusals.login import AddressBusy, LimitOutOfReach
from oneseat.portal.refusals.start import SettingsInvalid
from oneseat.portal.rules.rate_limits import AddressLimit, MemoryLimit
from oneseat.portal.services.login.rate_limits_redis import RedisLimit
from signing.clock import FixedClock
from tests.portal.published_exam import INSIDE, PublishedExam, running
from tests.redis_server import Server, server

ADDRESS = "203.0.113.9"
OTHER = "2001:db8:1:2::/64"


@pytest.fixture(scope="module")
def redis_server() -> Iterator[Server]:
    with server() as made:
        yield made


@pytest.fixture(params=["memory", "redis"])
def limit(request: pytest.FixtureRequest, redis_server: Server) -> Iterator[AddressLimit]:
    """A burst of three, then one in ten seconds."""
    made: AddressLimit
    if request.param == "memory":
        made = MemoryLimit(3, 6)
    else:
        made = RedisLimit(redis_server.url, 3, 6)
        made._redis.flushall()
    yield made
    made.close()


def test_so_many_failures_at_once_then_as_many_as_are_earned(limit: AddressLimit) -> None:
    for _ in range(3):
        limit.check(ADDRESS, INSIDE)
        limit.charge(ADDRESS, INSIDE)
    with pytest.raises(AddressBusy) as busy:
        limit.check(ADDRESS, INSIDE)
    assert busy.value.retry_after_s == 10
    limit.check(OTHER, INSIDE)
    with pytest.raises(AddressBusy):
        limit.check(ADDRESS, INSIDE + timedelta(seconds=9))
    limit.check(ADDRESS, INSIDE + timedelta(seconds=10))
    limit.charge(ADDRESS, INSIDE + timedelta(seconds=10))
    with pytest.raises(AddressBusy):
        limit.check(ADDRESS, INSIDE + timedelta(seconds=10))


def test_looking_costs_nothing(limit: AddressLimit) -> None:
    for _ in range(20):
        limit.check(ADDRESS, INSIDE)
    limit.refuse_unready()


def test_a_clock_that_is_behind_earns_nothing_and_takes_nothing(limit: AddressLimit) -> None:
    for _ in range(3):
        limit.charge(ADDRESS, INSIDE)
    with pytest.raises(AddressBusy):
        limit.check(ADDRESS, INSIDE - timedelta(hours=1))
    limit.check(ADDRESS, INSIDE + timedelta(seconds=10))


def test_polling_costs_more_than_is_earned_and_owes_no_more_than_a_burst(limit: AddressLimit) -> None:
    limit.charge_poll(ADDRESS, INSIDE)
    with pytest.raises(AddressBusy) as busy:
        limit.check(ADDRESS, INSIDE)
    assert busy.value.retry_after_s == 40  # 3 owed, and one to spend
    for second in range(600):
        limit.charge_poll(ADDRESS, INSIDE + timedelta(seconds=second))
    with pytest.raises(AddressBusy) as busy:
        limit.check(ADDRESS, INSIDE + timedelta(seconds=599))
    assert busy.value.retry_after_s == 40
    limit.charge(ADDRESS, INSIDE + timedelta(seconds=599))
    limit.charge_poll(ADDRESS, INSIDE + timedelta(seconds=599))
    with pytest.raises(AddressBusy) as busy:
        limit.check(ADDRESS, INSIDE + timedelta(seconds=599))
    assert busy.value.retry_after_s == 50, "a poll pays no debt back"


def test_of_many_failures_at_once_each_counts(limit: AddressLimit) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: limit.charge(ADDRESS, INSIDE), range(50)))
    with pytest.raises(AddressBusy) as busy:
        limit.check(ADDRESS, INSIDE)
    assert busy.value.retry_after_s == 480  # 47 owed, and one to spend


def test_redis_keeps_an_address_no_longer_than_it_counts(redis_server: Server) -> None:
    limit = RedisLimit(redis_server.url, 3, 6)
    limit._redis.flushall()
    limit.charge(ADDRESS, INSIDE)
    assert 9_000 < limit._redis.pttl(f"oneseat:address:{ADDRESS}") <= 10_000
    limit.check(OTHER, INSIDE)
    assert limit._redis.dbsize() == 1
    limit.close()


def test_two_portals_with_one_redis_count_together(exam: PublishedExam, redis_server: Server) -> None:
    RedisLimit(redis_server.url, 1, 1)._redis.flushall()
    settings = exam.settings(address_burst=4, address_per_minute=1, limits_url=SecretStr(redis_server.url))
    with (
        running(settings, FixedClock(INSIDE)) as one,
        running(settings, FixedClock(INSIDE)) as other,
        one.candidate(exam.people[0]) as here,
        other.candidate(exam.people[1]) as there,
    ):
        assert [here.authenticate(name="别人").status_code for _ in range(2)] == [401, 401]
        assert [there.authenticate(name="别人").status_code for _ in range(2)] == [401, 401]
        refused = here.authenticate()
        assert (refused.status_code, refused.json()["code"]) == (429, "OS-172")
        assert there.authenticate().json()["code"] == "OS-172"


@pytest.mark.service
def test_without_redis_nobody_is_looked_at_and_with_it_everybody_is_again(exam: PublishedExam) -> None:
    with server() as shared:
        settings = exam.settings(limits_url=SecretStr(shared.url))
        with running(settings, FixedClock(INSIDE)) as portal, portal.candidate(exam.people[0]) as candidate:
            assert candidate.authenticate().status_code == 200
            shared.stop()
            for refused in (candidate.authenticate(), candidate.authenticate(name="别人")):
                assert (refused.status_code, refused.json()["code"]) == (503, "OS-218")
                assert refused.headers["retry-after"] == "30"
            assert candidate.activate(exam.licence(exam.people[0])).status_code == 200, "no limit applies"
            assert candidate.http.get("/readyz").json()["code"] == "OS-218"
            assert candidate.http.get("/healthz").status_code == 200
            shared.start()
            assert candidate.authenticate().status_code == 200
            assert candidate.http.get("/readyz").status_code == 200


def test_an_address_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingsInvalid) as refused:
        RedisLimit("http://:a-password@somewhere", 3, 6)
    assert "a-password" not in refused.value.diagnostics("en")


def test_a_redis_that_was_never_there_says_so() -> None:
    with pytest.raises(LimitOutOfReach):
        RedisLimit("unix:///nowhere/redis.sock", 3, 6).check(ADDRESS, INSIDE)
