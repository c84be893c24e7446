"""Maps errors of the database drivers to refusals, each with the remedy for its cause."""

from __future__ import annotations

import errno

from sqlalchemy.exc import DBAPIError

from oneseat.state.errors import StateUnavailable
from signing.text import Text, untranslated

WRITE_THE_URL = Text(
    "Write --state as sqlite:///path/to/state.db or postgresql://user@host/database.",
    "请将 --state 写为 sqlite:///路径/state.db 或 postgresql://用户@主机/数据库。",
)
_WAIT = Text(
    "Wait until the other program ends, and run it again; what was done before is kept.",
    "请等待另一程序结束后重试；此前已完成的部分会保留。",
)
_MAKE_ROOM = Text(
    "Free space on its disk and run it again; what was done before is kept.",
    "请清理其所在磁盘的空间后重试；此前已完成的部分会保留。",
)
_PERMIT = Text(
    "Permit this account to read and write the file and its folder, or give another address with --state.",
    "请为当前账户开放该文件及其目录的读写权限，或用 --state 指定其他地址。",
)
_REPLACE = Text(
    "Give the right file with --state, or restore a backup with `oneseat state restore`.",
    "请用 --state 指定正确的文件，或用 `oneseat state restore` 恢复备份。",
)
_START_SERVER = Text(
    "Check host and port in --state, and that the PostgreSQL server runs; then run it again.",
    "请检查 --state 中的主机和端口，并确认 PostgreSQL 服务已启动，然后重试。",
)
_LOG_IN = Text(
    "Check user, password and database name in --state.",
    "请检查 --state 中的用户名、密码和数据库名。",
)
_LOOK = Text(
    "Check the address, the permissions, the free space and, for PostgreSQL, that the server runs.",
    "请检查地址、权限和磁盘空间；使用 PostgreSQL 时请确认服务已启动。",
)

_CAUSES: tuple[tuple[str, Text, Text], ...] = (
    ("is locked", Text("another program has locked it", "已被另一程序锁定"), _WAIT),
    ("is full", Text("its disk is full", "其所在磁盘已满"), _MAKE_ROOM),
    ("no space left", Text("its disk is full", "其所在磁盘已满"), _MAKE_ROOM),
    (
        "disk i/o error",
        Text("its disk is full or faulty", "其所在磁盘已满或读写出错"),
        _MAKE_ROOM,
    ),
    ("readonly database", Text("it may not be written", "没有写入权限"), _PERMIT),
    ("unable to open database file", Text("it cannot be opened", "无法打开"), _PERMIT),
    ("not a database", Text("the file is no SQLite database", "该文件不是 SQLite 数据库"), _REPLACE),
    ("malformed", Text("the file is damaged", "文件已损坏"), _REPLACE),
    ("password", Text("the server refuses the password", "服务器不接受该密码"), _LOG_IN),
    (
        "does not exist",
        Text("the server knows no such database or user", "服务器上没有该数据库或用户"),
        _LOG_IN,
    ),
    ("refused", Text("the server does not answer", "服务器没有应答"), _START_SERVER),
    ("could not translate", Text("there is no such host", "找不到该主机"), _START_SERVER),
    ("resolve", Text("there is no such host", "找不到该主机"), _START_SERVER),
    ("timeout", Text("the server did not answer in time", "服务器应答超时"), _START_SERVER),
    ("terminat", Text("the server ended the connection", "服务器中断了连接"), _START_SERVER),
    ("connection", Text("the connection to the server broke off", "与服务器的连接中断"), _START_SERVER),
)
"""A part of the drivers' first line (sqlite3, libpq; lower-case), what it means, and what to do."""


def refusal_of(where: str, error: DBAPIError) -> StateUnavailable:
    """Make the refusal of a driver's error at an address that holds no password."""
    line = (str(error.orig).strip() or "no answer").splitlines()[0]
    for part, reason, mend in _CAUSES:
        if part in line.lower():
            return StateUnavailable(where=where, reason=reason, mend=mend)
    return StateUnavailable(where=where, reason=untranslated(line), mend=_LOOK)


def mend_of(error: OSError) -> Text:
    """Choose what to do about a database file that cannot be created."""
    return _MAKE_ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else _PERMIT
