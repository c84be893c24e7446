"""Refusals of holding and erasing what a room has kept."""

from __future__ import annotations

from oneseat.room.refusals.evidence import EvidenceError
from signing.errors import ExitStatus
from signing.text import Text


class RetentionUnset(EvidenceError):
    """The charter does not say how long anything is kept."""

    number = 2120
    exit_status = ExitStatus.CONFLICT
    cause = Text(
        "The charter in force does not say how long recordings are kept.",
        "当前生效的规程没有写明录像等数据的保存期限。",
    )
    remedy = Text(
        "Set `[retention]` in the exam file, then sign and publish the charter.",
        "请在考试文件中填写 `[retention]`，再签署并发布规程。",
    )


class CopiesHidden(EvidenceError):
    """The store may keep copies that a purge would not reach, so nothing is erased."""

    number = 2121
    exit_status = ExitStatus.CONFLICT
    cause = Text(
        "The store {where} may keep what is erased: {reason.en}.",
        "存储 {where} 可能仍保留已清除的内容：{reason.zh}。",
    )
    remedy = Text(
        "Grant the right to list versions, or end the replication and erase the replicas; then purge again.",
        "请授予列出历史版本的权限，或停止复制并清除副本，然后重新运行。",
    )


class ErasureIncomplete(EvidenceError):
    """Objects are still listed after they were deleted."""

    number = 2122
    exit_status = ExitStatus.CONFLICT
    cause = Text(
        "The store {where} still lists {count} objects that were deleted.",
        "存储 {where} 在删除后仍列出 {count} 个对象。",
    )
    remedy = Text(
        "Look for an object lock or a program that writes there, then run the command again.",
        "请检查对象锁定设置，或是否有程序仍在写入，然后重新运行。",
    )


class SeatNotHeld(EvidenceError):
    """There is no hold on the seat that could be released."""

    number = 2123
    exit_status = ExitStatus.CONFLICT
    cause = Text("There is no hold on this seat.", "该考生没有暂停清除的记录。")
    remedy = Text("List the holds with `room hold --list`.", "请用 `room hold --list` 查看。")


class HoldIncomplete(EvidenceError):
    """A hold lacks its reason or a name."""

    number = 2124
    exit_status = ExitStatus.INPUT
    cause = Text("A hold needs a reason and a name.", "暂停清除须写明原因和经办人。")
    remedy = Text(
        "Give --reason and --by, each up to 200 characters and without names of candidates.",
        "请填写 --reason 和 --by（各不超过 200 字），不要写考生姓名。",
    )


class ErasureUnderWay(EvidenceError):
    """A hold is to be placed while a purge erases an attempt of the seat."""

    number = 2155
    exit_status = ExitStatus.CONFLICT
    cause = Text(
        "A purge is erasing what is kept of this seat at this moment; the hold is not placed.",
        "系统正在清除该考生的数据，本次暂停清除没有生效。",
    )
    remedy = Text(
        "Repeat the command in a minute: it holds what is left, and says what was erased.",
        "请一分钟后重新运行：将保留剩余数据，并说明哪些已被清除。",
    )


class CertificateFaulty(EvidenceError):
    """A certificate of an erasure is not as the room signed it, or not of this exam."""

    number = 2156
    exit_status = ExitStatus.INTEGRITY
    cause = Text("The certificate does not verify: {reason.en}.", "清除证明核验未通过（{reason.zh}）。")
    remedy = Text(
        "Keep both files (.json and .jws) side by side; check that --root-key is this exam's.",
        "请将 .json 与 .jws 两个文件放在同一文件夹，并确认 --root-key 属于本场考试。",
    )


class CertificateUnwritable(EvidenceError):
    """The certificate of an erasure cannot be written."""

    number = 2125
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "The certificate cannot be written to {folder}: {reason.en}.",
        "无法将清除证明写入 {folder}（{reason.zh}）。",
    )
    remedy = Text(
        "Provide the space or the right, then run the command again: it certifies what was erased.",
        "请释放空间或授予权限后重新运行，将为已清除的内容出具证明。",
    )
