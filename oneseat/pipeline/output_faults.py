"""Chooses the remedy for a file that cannot be written, by the system's reason."""

from __future__ import annotations

import errno

from oneseat.pipeline.errors import OutputUnwritable
from signing.os_faults import system_reason
from signing.text import Text

_MAKE_ROOM = Text(
    "Free space there, or name another disk, then run the same command again; nothing half-made was left.",
    "请清理该磁盘的空间或改用其他磁盘，然后重新运行同一命令；未留下不完整的文件。",
)
_PERMIT_WRITING = Text(
    "Permit this account to write there, or name another place, then run it again; "
    "nothing half-made was left.",
    "请为当前账户开放写入权限或改用其他位置，然后重试；未留下不完整的文件。",
)


def unwritable(path: object, error: OSError) -> OutputUnwritable:
    """Make the refusal of a file that cannot be written, with the remedy for the system's reason."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    mend = _MAKE_ROOM if full else _PERMIT_WRITING
    return OutputUnwritable(path=path, reason=system_reason(error), mend=mend)
