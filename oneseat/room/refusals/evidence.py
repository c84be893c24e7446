"""Refusals of exporting evidence, and what is wrong with an export that is verified."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text

_KEEP = Text(
    "Keep the folder as it is, find out who had it, and export it again from the room.",
    "请原样保留该文件夹，查明经手人，并从考场重新导出。",
)


class EvidenceError(RoomError):
    """A refusal of the commands that handle evidence; no page ever shows one."""

    http_status = 500


class ExportTargetTaken(EvidenceError):
    """The folder to export to is there."""

    number = 2100
    exit_status = ExitStatus.CONFLICT
    cause = Text("The folder {folder} is there already.", "文件夹 {folder} 已存在。")
    remedy = Text("Name a folder that is not there yet.", "请指定一个尚不存在的文件夹。")


class NothingToExport(EvidenceError):
    """No attempt is kept of the seat, of the session, or of the exam."""

    number = 2101
    exit_status = ExitStatus.INPUT
    cause = Text("The room keeps no such attempt.", "考场没有保存这样的考试记录。")
    remedy = Text(
        "Give an admission number, a jti, an attempt's id or a session of the exam; what was purged is gone.",
        "请填写本场考试的准考证号、jti、考试记录编号或场次；已清除的记录无法找回。",
    )


class ScreensNeedApproval(EvidenceError):
    """Recordings of screens show the questions, and the paper may still be used."""

    number = 2102
    exit_status = ExitStatus.FORBIDDEN
    cause = Text(
        "Screen recordings show the paper, which is in use until {until.en}.",
        "屏幕录像中有试题，该试卷在 {until.zh} 前仍在使用。",
    )
    remedy = Text(
        "Export with --without-screen, or give two names: --approved-by A --approved-by B.",
        "请加 --without-screen 不导出屏幕录像，或写明两位批准人：--approved-by 甲 --approved-by 乙。",
    )


class ApprovalIncomplete(EvidenceError):
    """An export for others lacks its case number, one of two names, or a named seat."""

    number = 2103
    exit_status = ExitStatus.FORBIDDEN
    cause = Text("The approval is not complete: {reason.en}.", "批准手续不完整：{reason.zh}。")
    remedy = Text(
        "Give --case with one seat, and --approved-by twice with two different names.",
        "请用 --case 写明案号并指定一名考生，且写明两位不同的批准人（--approved-by 两次）。",
    )


class ExportUnwritable(EvidenceError):
    """The export's folder cannot be written."""

    number = 2104
    exit_status = ExitStatus.MACHINE
    cause = Text("{folder} cannot be written: {reason.en}.", "无法写入 {folder}（{reason.zh}）。")
    remedy = Text(
        "Provide the space or the right, then run the command again: it goes on where it was.",
        "请释放空间或授予权限后重新运行，将从中断处继续。",
    )


class TimestampMissing(EvidenceError):
    """The timestamp authority gave no timestamp of the export."""

    number = 2105
    exit_status = ExitStatus.UNREACHABLE
    cause = Text(
        "No timestamp could be had from {host}: {reason.en}.", "无法从 {host} 获取时间戳（{reason.zh}）。"
    )
    remedy = Text(
        "Run the command again later, or with --no-timestamp; what was exported is kept.",
        "请稍后重新运行，或加 --no-timestamp 不加时间戳；已导出的部分会保留。",
    )


class EvidenceAbsent(EvidenceError):
    """The folder is no export."""

    number = 2106
    exit_status = ExitStatus.INPUT
    cause = Text("{folder} holds no finished export.", "{folder} 中没有完整的导出档案。")
    remedy = Text(
        "Name the folder that `room export` wrote; one that was interrupted has another name.",
        "请指定 `room export` 写出的文件夹；中断的导出不会使用该名称。",
    )


class EvidenceFaulty(EvidenceError):
    """An export was changed, or parts of it are missing."""

    number = 2107
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The export is not as the room signed it: {faulty} faults in {checked} files.",
        "导出档案与考场签名不符：{checked} 个文件中发现 {faulty} 处问题。",
    )
    remedy = _KEEP


class FileAltered(EvidenceError):
    """A file of an export has another content than its manifest says."""

    number = 2108
    exit_status = ExitStatus.INTEGRITY
    cause = Text("The file was changed after the export.", "文件在导出后被改动。")
    remedy = _KEEP


class FileRemoved(EvidenceError):
    """A file that the manifest lists is missing, or cannot be read."""

    number = 2109
    exit_status = ExitStatus.INTEGRITY
    cause = Text("The file is missing, or cannot be read.", "文件缺失或无法读取。")
    remedy = _KEEP


class FileAdded(EvidenceError):
    """A file is there that the manifest does not list."""

    number = 2110
    exit_status = ExitStatus.INTEGRITY
    cause = Text("The file is not part of the export.", "该文件不属于导出档案。")
    remedy = Text(
        "Find out who put it there; move it away and verify again.", "请查明来源，移走该文件后重新核验。"
    )


class ManifestAltered(EvidenceError):
    """A manifest is not the one that was signed."""

    number = 2111
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The manifest is not the one that was signed: {reason.en}.", "清单与签名不符（{reason.zh}）。"
    )
    remedy = _KEEP


class EvidenceUnsigned(EvidenceError):
    """A manifest's signature is not by a receipt key that the exam's charters list."""

    number = 2112
    exit_status = ExitStatus.INTEGRITY
    cause = Text("The manifest's signature does not verify: {reason.en}.", "清单的签名无效（{reason.zh}）。")
    remedy = _KEEP


class KeyHistoryBroken(EvidenceError):
    """A charter of an export does not verify under the exam's root key."""

    number = 2113
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The charter does not verify under the exam's root key: {reason.en}.",
        "考试规程未能通过考试根密钥的核验（{reason.zh}）。",
    )
    remedy = Text(
        "Check that --root-key is this exam's; if it is, keep the folder and export again.",
        "请确认 --root-key 属于本场考试；若无误，请保留该文件夹并重新导出。",
    )


class AnswersBroken(EvidenceError):
    """The answers do not form the chain that the candidate's page computed."""

    number = 2114
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The answers' hash chain breaks at answer {place}.", "作答记录的哈希链在第 {place} 条处中断。"
    )
    remedy = _KEEP


class ReceiptContradicted(EvidenceError):
    """The receipt that the candidate holds says something else than the export."""

    number = 2115
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The hand-in receipt contradicts the export: {reason.en}.", "交卷回执与档案不一致（{reason.zh}）。"
    )
    remedy = Text(
        "Compare it with the receipt that the candidate kept, and keep both.",
        "请与考生保存的交卷回执核对，并保留两份材料。",
    )


class GuardEventAltered(EvidenceError):
    """An event of the client's monitoring is not what the candidate's device signed."""

    number = 2119
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "Event {place} of the monitoring is not the one that the candidate's device signed.",
        "第 {place} 条监测事件与考生电脑签名的内容不一致。",
    )
    remedy = Text(
        "Do not judge by it, and keep the folder: it was changed after it was reported.",
        "请勿以该事件为认定依据，并保留该文件夹：事件上报后被改动过。",
    )


class SegmentMisnamed(EvidenceError):
    """A recorded segment's content is not that which the candidate's page announced."""

    number = 2116
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The segment is not the one that was recorded: its SHA-256 is not that of its name.",
        "片段与录制时申报的内容不一致，其 SHA-256 与文件名不符。",
    )
    remedy = Text(
        "The manifest says whether it was so in the store already; people decide what it is worth.",
        "清单注明了该片段在存储中是否已如此，由考务人员认定。",
    )


class TimestampWrong(EvidenceError):
    """The timestamp does not belong to the export, or no trusted authority signed it."""

    number = 2117
    exit_status = ExitStatus.INTEGRITY
    cause = Text("The timestamp does not verify: {reason.en}.", "时间戳无效（{reason.zh}）。")
    remedy = Text(
        "Give the authority's root certificate with --tsa-ca; if it is right, keep the folder.",
        "请用 --tsa-ca 指定时间戳机构的根证书；若证书无误，请保留该文件夹。",
    )


class AttemptRemoved(EvidenceError):
    """An attempt that the export lists is missing, or one is there that it does not list."""

    number = 2118
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The export does not list this attempt, or lists another one.",
        "导出目录未列出该考试记录，或内容不符。",
    )
    remedy = _KEEP


class RecordsDisagree(EvidenceError):
    """What an attempt's rows say of one thing in two places is not the same."""

    number = 2260
    exit_status = ExitStatus.INTEGRITY
    cause = Text("Two records of {about.en} do not agree.", "关于{about.zh}的两处记录不一致。")
    remedy = Text(
        "Do not judge by either: one of them was changed or removed, before the export or after it.",
        "请勿以其中任何一处为认定依据：导出前后有一处被改动或删除。",
    )


class LookAltered(EvidenceError):
    """An entry of who looked at an attempt is not the one that the audit log has."""

    number = 2261
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "Entry {place} of those who looked is not the one of the audit log.",
        "第 {place} 条查看记录与审计日志不一致。",
    )
    remedy = _KEEP


class OrderUnsound(EvidenceError):
    """An order that moved a session is missing, or is not the one that two persons signed."""

    number = 2262
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The orders that moved the session are not as signed: {reason.en}.",
        "考务措施与签名不符（{reason.zh}）。",
    )
    remedy = _KEEP


class LogBrokenBefore(EvidenceError):
    """The audit log was broken when the export was made."""

    number = 2263
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The audit log was broken at entry {entry} when this was exported.",
        "导出时审计日志在第 {entry} 条处已不完整。",
    )
    remedy = Text(
        "The list of who looked cannot be relied on; ask the room's operator for `state audit --verify`.",
        "查看记录不可作为依据，请考务技术人员运行 `state audit --verify` 查明。",
    )


class RecordAdded(EvidenceError):
    """A record of what somebody wrote has no entry in the audit log of that time and person."""

    number = 2320
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The audit log has no entry of {about.en} of {at}.",
        "审计日志中没有与{about.zh}（{at}）对应的条目。",
    )
    remedy = Text(
        "Do not judge by it: it was added, or its time or author was changed, without its act.",
        "请勿以该记录为认定依据：它未经操作被添加，或时间、人员被改动。",
    )


class RecordRemoved(EvidenceError):
    """The audit log has an entry of what somebody wrote, and the record is not there."""

    number = 2321
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The audit log has {about.en} of {at}, and its record is missing.",
        "审计日志记有{about.zh}（{at}），但该记录缺失。",
    )
    remedy = Text(
        "Do not judge before it is found: look into a backup of the room's database, or ask who wrote it.",
        "请先找回该记录再作认定：可在考场数据库的备份中查找，或询问记录人。",
    )


class RecordAltered(EvidenceError):
    """A record of what somebody wrote is not the one that the audit log has the digest of."""

    number = 2322
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The record of {about.en} of {at} is not the one that was written then.",
        "{about.zh}（{at}）的内容与当时记录的不一致。",
    )
    remedy = Text(
        "Do not judge by it: it was changed later. A backup of the room's database may have the one of then.",
        "请勿以该记录为认定依据：内容事后被改动，考场数据库的备份中可能有原记录。",
    )
