"""A database per test: on SQLite, and on PostgreSQL too where ONESEAT_TEST_POSTGRES is the URL of one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from state.database import Database

POSTGRES = os.environ.get("ONESEAT_TEST_POSTGRES")


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRES else [])])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh, upgraded database."""
    if request.param == "sqlite":
        made = Database.create(tmp_path / "state.db")
        yield made
        made.close()
    else:
        yield from _in_a_schema_of_its_own(POSTGRES or "")


def _in_a_schema_of_its_own(address: str) -> Iterator[Database]:
    schema = f"test_{secrets.token_hex(6)}"
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(address).update_query_dict({"options": f"-csearch_path={schema}"})
    made = Database.create(url.render_as_string(hide_password=False))
    yield made
    made.close()
    with admin.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()
