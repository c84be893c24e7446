"""Refusals of checking an installer, a proof, a published batch or the audit log."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class LicenceReplaced(OneSeatError):
    """The installer's licence was revoked, or a newer one took its place."""

    number = 94
    cause = Text("The licence {jti} is no longer in force: {reason.en}.", "许可 {jti} 已失效：{reason.zh}。")
    remedy = Text(
        "Download the installer again from the portal.",
        "请从下载平台重新下载安装包。",
    )


class AuditHeadUnusable(OneSeatError):
    """The file given as an older audit head was not signed for this exam."""

    number = 154
    exit_status = ExitStatus.INPUT
    cause = Text(
        "{file} is not a signed head of this exam's audit log: {reason.en}.",
        "{file} 不是本场考试审计日志的签名摘要（{reason.zh}）。",
    )
    remedy = Text(
        "Give a file that was exported from the operators' desk of this exam.",
        "请使用从本场考试管理台导出的签名摘要文件。",
    )


class NotInBatch(OneSeatError):
    """No published batch lists the installer or licence."""

    number = 239
    cause = Text("No published batch lists {what}.", "没有任何已发布的批次包含 {what}。")
    remedy = Text(
        "Check that it was issued and published for this exam. An installer that a candidate has and no "
        "batch lists was made by somebody else: stop, and find out who holds the licence key.",
        "请确认它已为本场考试签发并发布；如考生手中的安装包不在任何批次中，说明有人擅自制作，请立即停止并追查许可密钥。",
    )


class ProofOfOther(OneSeatError):
    """The proof is valid, but for another file."""

    number = 240
    cause = Text("The proof holds, but it is not of {file}.", "该证明成立，但与 {file} 不符。")
    remedy = Text(
        "Ask for the proof of this very file: `oneseat prove FILE`.",
        "请用 `oneseat prove FILE` 为该文件单独生成证明。",
    )


PUBLISHED_DIFFERS = Text(
    "The table above names the first of them. Files can be made again by `oneseat stamp --all`; where a "
    "licence differs, restore the state from a backup and find out who changed it.",
    "上表列出了最先发现的问题。文件可用 `oneseat stamp --all` 重新生成；"
    "如许可有异，请从备份恢复状态数据库并查明改动来源。",
)
NOT_ALL_WRITTEN = Text(
    "The table above names the first of them with their causes. Mend these and run the same command "
    "again: it writes what is missing.",
    "上表列出了最先发现的问题及原因。请排除后重新运行同一命令，程序会补写缺少的文件。",
)


class BatchFaulty(OneSeatError):
    """Some of a published batch's files or licences differ from its manifest."""

    number = 241
    cause = Text("{faulty} of {checked} entries are faulty.", "共检查 {checked} 项，其中 {faulty} 项有问题。")
    remedy = Text("{mend.en}", "{mend.zh}")
