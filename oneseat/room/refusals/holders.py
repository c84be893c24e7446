"""Refusals of those who hold a paper's key: their key files, their shares, and when they release it."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text


class HolderKeyUnusable(RoomError):
    """A holder's key file cannot be read, written or opened."""

    number = 2042
    exit_status = ExitStatus.INPUT
    http_status = 500
    cause = Text(
        "The holder's key {file} cannot be used: {reason.en}.", "保管人密钥 {file} 无法使用（{reason.zh}）。"
    )
    remedy = Text(
        "Give the file that `oneseat paper holder` made, and its own passphrase.",
        "请使用 `oneseat paper holder` 生成的文件及其口令。",
    )


class ShareUnusable(RoomError):
    """A sealed paper has no share for a holder, or the share does not open."""

    number = 2043
    exit_status = ExitStatus.INTEGRITY
    http_status = 500
    cause = Text(
        "Holder {holder} has no share of paper {paper} that opens.",
        "保管人 {holder} 没有试卷 {paper} 的有效份额。",
    )
    remedy = Text(
        "Use the key that the paper was sealed for, and the folder that `paper seal` wrote.",
        "请使用密封时登记的保管人密钥，以及 `paper seal` 生成的文件夹。",
    )


class HoldersRefused(RoomError):
    """A paper would be sealed for too few or too many holders, or twice for one."""

    number = 2044
    exit_status = ExitStatus.INPUT
    http_status = 500
    cause = Text(
        "A paper has two to five different holders, and {count} were given.",
        "每份试卷须有 2 至 5 名不同的保管人，实际给出 {count} 名。",
    )
    remedy = Text("Give each holder's public key once.", "请为每名保管人各给出一次公钥。")


class SealedPaperBroken(RoomError):
    """A sealed paper's file cannot be read, or is another exam's."""

    number = 2045
    exit_status = ExitStatus.INTEGRITY
    http_status = 500
    cause = Text(
        "The sealed paper {file} cannot be used: {reason.en}.", "密封试卷 {file} 无法使用（{reason.zh}）。"
    )
    remedy = Text(
        "Take the file again from the folder that `paper seal` wrote.",
        "请从 `paper seal` 生成的文件夹重新复制。",
    )


class SealTargetTaken(RoomError):
    """The folder for sealed papers exists and is not empty, or cannot be written."""

    number = 2046
    exit_status = ExitStatus.CONFLICT
    http_status = 500
    cause = Text(
        "{folder} cannot take sealed papers: {reason.en}.", "无法将密封试卷写入 {folder}（{reason.zh}）。"
    )
    remedy = Text(
        "Give a new folder, so that no older paper stays among the new ones.",
        "请指定一个新文件夹，以免与旧试卷混在一起。",
    )


class UnlockTooEarly(RoomError):
    """A holder releases a share before the time that the seal allows."""

    number = 2047
    exit_status = ExitStatus.FORBIDDEN
    http_status = 500
    cause = Text(
        "Paper {paper} may not be released before {first.en}.", "试卷 {paper} 在 {first.zh} 之前不能释放。"
    )
    remedy = Text("Wait until then.", "请届时再释放。")


class NoRoomWaits(RoomError):
    """No process of the room waits for the shares of a paper."""

    number = 2049
    exit_status = ExitStatus.CONFLICT
    http_status = 500
    cause = Text("No process of the exam room waits for paper {paper}.", "没有考场进程在等待试卷 {paper}。")
    remedy = Text(
        "Start the room on these very papers. If its session has begun already, no share is needed.",
        "请先用这批试卷启动考场；如该场次已经开始，则无需再释放。",
    )
