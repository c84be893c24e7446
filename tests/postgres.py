"""A private PostgreSQL cluster on a Unix socket, for one test run or benchmark."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from tests.spare_schemas import SPARE

_SERVER_USER = "postgres"
_FAST = ("-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off")


class PostgresMissing(Exception):
    """PostgreSQL's server programs are not installed; ``make setup`` installs them."""


@dataclass(frozen=True)
class Cluster:
    """A running server. ``folder`` contains its data and its socket."""

    folder: Path

    @property
    def url(self) -> str:
        """The address of its database."""
        address = URL.create(
            "postgresql", username="oneseat", database="postgres", query={"host": str(self.folder)}
        )
        return address.render_as_string(hide_password=False)

    @contextlib.contextmanager
    def schema(self) -> Iterator[str]:
        """Create an empty schema, yield its address, and empty it for the next or drop it afterwards."""
        name = f"test_{secrets.token_hex(6)}"
        admin = create_engine(make_url(self.url).set(drivername="postgresql+psycopg"))
        with admin.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        inside = make_url(self.url).update_query_dict({"options": f"-csearch_path={name}"})
        try:
            yield inside.render_as_string(hide_password=False)
        finally:
            with admin.begin() as connection:
                if not SPARE[str(self.folder)].give_back(connection, name):
                    connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
            admin.dispose()


@contextlib.contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Run a server that listens on a Unix socket only.

    PostgreSQL refuses to run as root, so as root it runs as Debian's ``postgres`` account.
    ``durable`` syncs writes to the disk, as in production; tests do without.

    Raises:
        PostgresMissing: the server's programs are not installed.
    """
    # Not pytest's folder: the server's own account could not reach it, and socket paths must be short.
    folder = Path(tempfile.mkdtemp(prefix="oneseat-pg-"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, *pwd.getpwnam(_SERVER_USER)[2:4])
        data = folder / "data"
        _run(
            "initdb",
            "-D",
            data,
            "-U",
            "oneseat",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        options = " ".join(
            ["-c listen_addresses=''", f"-c unix_socket_directories='{folder}'", "-c max_connections=200"]
            + ([] if durable else list(_FAST))
        )
        _run("pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log", "-o", options, "start")
        try:
            yield Cluster(folder)
        finally:
            _run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: object) -> None:
    command = [_program(program), *(str(argument) for argument in arguments)]
    user = _SERVER_USER if os.geteuid() == 0 else None
    extra: Sequence[int] | None = [] if user else None
    done = subprocess.run(
        command,
        cwd="/",
        user=user,
        group=user,
        extra_groups=extra,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{program}: {done.stderr}"


def _program(name: str) -> str:
    """Find a program of the server: Debian keeps them out of PATH, in a folder per version."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3].split(".")[0])
    )
    path = str(versions[-1]) if versions else shutil.which(name)
    if path is None:
        raise PostgresMissing(f"{name} is not installed: run `make setup` (Debian: postgresql)")
    return path
