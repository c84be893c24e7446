"""Refusals of papers: faults in their files, holders and their shares, the release of a paper's key."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text


class PapersFaulty(RoomError):
    """Papers break rules; the message lists every fault with its file and line."""

    number = 2035
    exit_status = ExitStatus.INPUT
    http_status = 500
    cause = Text(
        "The papers in {folder} have {count} fault(s):\n{faults.en}",
        "{folder} 中的试卷有 {count} 处错误：\n{faults.zh}",
    )
    remedy = Text(
        "Mend each of them and run `oneseat paper check` again.",
        "请逐一改正后再次运行 `oneseat paper check`。",
    )


class PapersRemarkable(RoomError):
    """Papers without faults have remarks, and `paper check --strict` was asked for."""

    number = 2036
    exit_status = ExitStatus.INPUT
    http_status = 500
    cause = Text(
        "The papers in {folder} have {count} remark(s):\n{remarks.en}",
        "{folder} 中的试卷有 {count} 处需要留意：\n{remarks.zh}",
    )
    remedy = Text(
        "Compare each with what is meant. If it is meant so, check without --strict.",
        "请逐一核对；如果确实如此，检查时请去掉 --strict。",
    )


class PaperAbsent(RoomError):
    """A command names a paper that the folder does not hold."""

    number = 2037
    exit_status = ExitStatus.INPUT
    http_status = 500
    cause = Text("{folder} holds no paper {paper}.", "{folder} 中没有试卷 {paper}。")
    remedy = Text(
        "Name a session by kind and position, such as `formal-0`, and check the folder.",
        "请按类型和序号写场次，例如 `formal-0`，并核对文件夹。",
    )
