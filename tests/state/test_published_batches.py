"""The log of published batches: staged lines do not count, and reads use an index."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event

from oneseat.state.database import Database
from oneseat.state.issuing import licences
from oneseat.state.publishing import published_batches, releases
from oneseat.state.publishing.published_batches import PublishedBatchRow
from signing.authority import merkle
from signing.authority.batch_log import SHOW, WITHDRAW, LogLine, licence_digest
from tests.merkle_roots import stream_root

EXAM = "demo"
NOW = datetime(2035, 1, 3, 2, 0, tzinfo=UTC)
EXPIRES = datetime(2035, 1, 31, tzinfo=UTC)
BASE = releases.BaseFile("c" * 64, "bases/" + "c" * 64, "{}")


def line(number: int, token: str = "token") -> LogLine:
    return LogLine(SHOW, f"{number:032x}", f"{number:032x}", licence_digest(token), "d" * 64, 1000 + number)


def written(database: Database, count: int, exam: str = EXAM) -> list[LogLine]:
    """``count`` lines, staged in two transactions, with their tree."""
    lines = [line(number) for number in range(count)]
    writer = merkle.TileWriter(0, lambda level, number: b"")
    for start, end in ((0, count // 2), (count // 2, count)):
        for one in lines[start:end]:
            writer.add(merkle.leaf_hash(one.to_bytes()))
        with database.writing() as connection:
            published_batches.stage(connection, exam, start, lines[start:end], writer.changed())
    return lines


def head(batch: int, start: int, size: int, release: int = 1) -> PublishedBatchRow:
    return PublishedBatchRow(batch, release, start, size, f"head-{batch}", "", "", NOW)


def test_lines_and_tree_come_back_as_they_were_written(database: Database) -> None:
    lines = [*written(database, 600), LogLine(WITHDRAW, "a" * 32, "b" * 32)]
    with database.writing() as connection:
        published_batches.stage(connection, EXAM, 600, lines[600:], [])
    with database.reading() as connection:
        assert list(published_batches.lines(connection, EXAM, 0, 601)) == lines
        assert list(published_batches.lines(connection, EXAM, 10, 12)) == lines[10:12]
        assert list(published_batches.lines(connection, "another", 0, 601)) == []
        node = merkle.nodes(published_batches.tiles(connection, EXAM))
        wanted = stream_root(one.to_bytes() for one in lines[:600])
        assert (600, merkle.root(node, 600)) == wanted
        assert published_batches.line_at(connection, EXAM, 600) == lines[600]
        assert published_batches.line_at(connection, EXAM, 601) is None


def test_a_licence_is_found_by_its_digest_where_it_was_shown_last(database: Database) -> None:
    written(database, 5)
    with database.writing() as connection:
        published_batches.stage(connection, EXAM, 5, [line(2), line(3, "another token")], [])
        published_batches.stage(connection, EXAM, 7, [LogLine(WITHDRAW, f"{2:032x}", f"{2:032x}")], [])
    token = licence_digest("token")
    with database.reading() as connection:
        assert published_batches.position_of(connection, EXAM, f"{2:032x}", token) == 5
        assert published_batches.position_of(connection, EXAM, f"{3:032x}", token) == 3
        assert published_batches.position_of(connection, EXAM, f"{9:032x}", token) is None
        assert published_batches.position_of(connection, EXAM, f"{2:032x}", "0" * 64) is None
        assert published_batches.position_of(connection, "another", f"{2:032x}", token) is None
        assert published_batches.newest_position(connection, EXAM, f"{3:032x}") == 6
        assert published_batches.position_of_licence(connection, EXAM, licence_digest("another token")) == 6


def test_what_is_behind_the_newest_head_is_dropped(database: Database) -> None:
    written(database, 20)
    with database.writing() as connection:
        published_batches.add(connection, EXAM, head(1, 0, 12))
        newest = published_batches.newest(connection, EXAM)
        assert newest is not None and newest.size == 12
        published_batches.forget_staged(connection, EXAM, newest.size)
        published_batches.stage(connection, EXAM, 12, [line(90)], [])
        assert list(published_batches.lines(connection, EXAM, 11, 99)) == [line(11), line(90)]


def test_heads_come_in_order_and_the_newest_counts(database: Database) -> None:
    with database.writing() as connection:
        assert (
            published_batches.newest(connection, EXAM) is None
            and published_batches.newest_head(connection, EXAM) is None
        )
        for batch in (1, 2, 3):
            published_batches.add(connection, EXAM, head(batch, 0, batch))
        published_batches.add(connection, "another", head(9, 0, 9))
    with database.reading() as connection:
        assert [row.batch for row in published_batches.all_batches(connection, EXAM)] == [1, 2, 3]
        assert published_batches.newest(connection, EXAM) == head(3, 0, 3)
        assert published_batches.newest_head(connection, EXAM) == "head-3"


def test_a_release_without_a_batch_is_known(database: Database) -> None:
    with database.writing() as connection:
        assert not published_batches.release_lacks_batch(connection, EXAM), "nothing is shown"
        edition = licences.edition(connection, EXAM, "a" * 64, "build-1", EXPIRES).id
        release = releases.publish(connection, EXAM, edition, BASE, NOW)
        assert published_batches.release_lacks_batch(connection, EXAM)
        published_batches.add(connection, EXAM, head(1, 0, 1, release.id))
        assert not published_batches.release_lacks_batch(connection, EXAM)
        releases.publish(connection, EXAM, edition, BASE, NOW)
        assert published_batches.release_lacks_batch(connection, EXAM)


def _issue(database: Database, *numbers: int) -> int:
    rows = [licences.NewLicence(str(n), 0, f"{n:032x}", b"t" * 32, b"sealed", f"token-{n}") for n in numbers]
    with database.writing() as connection:
        edition = licences.edition(connection, EXAM, "a" * 64, "build-1", EXPIRES).id
        licences.add_seats(connection, EXAM, edition, rows)
    return edition


def test_what_a_publication_changes_comes_page_by_page_in_order_of_jti(database: Database) -> None:
    edition = _issue(database, 5, 3, 9, 1)
    with database.writing() as connection:
        first = published_batches.find_seats_to_show(connection, edition, "", 3, whole=False)
        assert [seat.admission_number for seat in first] == ["1", "3", "5"]
        rest = published_batches.find_seats_to_show(connection, edition, first[-1].jti, 3, whole=False)
        assert [seat.token for seat in rest] == ["token-9"]
        releases.publish(connection, EXAM, edition, BASE, NOW)
        assert published_batches.find_seats_to_show(connection, edition, "", 9, whole=False) == []
        assert len(published_batches.find_seats_to_show(connection, edition, "", 9, whole=True)) == 4
        other = licences.edition(connection, EXAM, "b" * 64, "build-1", EXPIRES).id
        assert len(published_batches.find_seats_to_hide(connection, EXAM, other)) == 4
        assert published_batches.find_seats_to_hide(connection, EXAM, edition) == []


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_a_page_costs_the_same_however_many_licences_there_are(database: Database) -> None:
    edition = _issue(database, *range(50))
    asked: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", hear)
    with database.writing() as connection:
        published_batches.stage(connection, EXAM, 0, [line(number) for number in range(50)], [])
        asked.clear()
        for whole in (True, False):
            assert len(published_batches.find_seats_to_show(connection, edition, "", 10, whole=whole)) == 10
        assert len(published_batches.read_lines(connection, EXAM, 0, 10)) == 10
        assert len(asked) == 4
        event.remove(database.engine, "before_cursor_execute", hear)
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            said = " ".join(str(row[3]) for row in plan)
            assert "TEMP B-TREE" not in said and "SEARCH" in said, said
            assert "SCAN" not in said or "USING INDEX sqlite_autoindex_licences" in said, said
            assert "(exam=?)" not in said, said


def test_listed_lines_come_with_the_licence_that_they_name(database: Database) -> None:
    _issue(database, 1, 2)
    with database.writing() as connection:
        published_batches.stage(connection, EXAM, 0, [line(1, "token-1"), line(2, "changed since")], [])
    with database.reading() as connection:
        found = published_batches.read_lines(connection, EXAM, 0, 10)
    assert [(one.position, one.token) for one in found] == [(0, "token-1"), (1, "")]


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_an_activation_reads_by_key_and_never_through_the_table(database: Database) -> None:
    written(database, 300)
    prepared: tuple[Any, ...] = (
        published_batches._POSITION,
        published_batches._LINE,
        published_batches._TILE,
    )
    with database.reading() as connection:
        for query in prepared:
            compiled = query._statement.compile(dialect=connection.dialect)
            values = dict.fromkeys(compiled.params, "")
            driver: Any = connection.connection.driver_connection
            plan = driver.execute(
                f"EXPLAIN QUERY PLAN {compiled}", [values[name] for name in compiled.positiontup]
            ).fetchall()
            said = " ".join(str(row[3]) for row in plan)
            assert "SEARCH" in said and "SCAN" not in said and "TEMP B-TREE" not in said
            assert said.count("=?") >= 2, said
