"""Refusals of files of registered photographs."""

from __future__ import annotations

from oneseat.room.refusals.evidence import EvidenceError
from signing.errors import ExitStatus
from signing.text import Text


class PhotoFileRefused(EvidenceError):
    """A file of registered photographs cannot be taken in."""

    number = 2140
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The photographs in {file} are not taken in: {reason.en}.", "照片文件 {file} 未导入：{reason.zh}。"
    )
    remedy = Text(
        "Bring the file that `oneseat roster photos` wrote last for this room's key, and import it whole.",
        "请使用 `oneseat roster photos` 最近一次为本考场生成的文件，完整拷贝后再导入。",
    )


class PhotoKeyUnwritable(EvidenceError):
    """The room's public key cannot be written to a file."""

    number = 2141
    exit_status = ExitStatus.MACHINE
    cause = Text("The key cannot be written to {file}: {reason.en}.", "公钥无法写入 {file}：{reason.zh}。")
    remedy = Text("Name another place, and run the command again.", "请改用其他位置后重新运行。")
