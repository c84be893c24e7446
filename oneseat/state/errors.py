"""Refusals of the state database, its audit log and its backups."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class StateUnavailable(OneSeatError):
    """The database cannot be opened, reached or written."""

    number = 100
    cause = Text(
        "The state database {where} cannot be used: {reason.en}.",
        "状态数据库 {where} 无法使用：{reason.zh}。",
    )
    remedy = Text("{mend.en}", "{mend.zh}")


class SchemaTooNew(OneSeatError):
    """The database was upgraded by a later OneSeat than this one."""

    number = 101
    cause = Text(
        "The state database {where} has schema '{found}', which this OneSeat does not know.",
        "状态数据库 {where} 的结构版本“{found}”高于当前程序所支持的版本。",
    )
    remedy = Text("Use the newer OneSeat, or restore a backup.", "请使用新版程序，或恢复备份。")


class StateAbsent(OneSeatError):
    """There is no state database at the address."""

    number = 102
    cause = Text("There is no state database at {where}.", "在 {where} 没有找到状态数据库。")
    remedy = Text(
        "Run `oneseat issue` first, or give the right address with --state.",
        "请先运行 `oneseat issue`，或用 --state 指定正确的地址。",
    )


class SeatTaken(OneSeatError):
    """Another device key holds the seat: another computer's, or this one's before its state was lost."""

    number = 103
    cause = Text(
        "This seat is active on another computer; or on this one, which lost its registration and is not "
        "recognised.",
        "该准考证号已在另一台电脑上激活；如果就是在本机激活的，则是本机的登记信息已丢失，平台未能认出本机。",
    )
    remedy = Text(
        "Go on with the computer that was activated. If it is this one, or you must change: call the hotline "
        "with ID and admission ticket in hand, and say what was done to the computer.",
        "请使用已激活的那台电脑。没有换过电脑的，或者需要更换的，请备好证件和准考证，拨打技术服务热线，"
        "说明电脑是否清理、还原、重装过系统或换过零件。",
    )


class RunInProgress(OneSeatError):
    """Another run of the same job holds the lock."""

    number = 104
    cause = Text(
        "Another run holds the lock on the state database {where}.", "另一个任务正在使用状态数据库 {where}。"
    )
    remedy = Text(
        "Wait until it ends. If it was killed, its lock is free again: simply run the command once more.",
        "请等待其结束；如该进程已被终止，锁会自动释放，重新运行命令即可。",
    )


class RehearsalMixed(OneSeatError):
    """Rehearsal data would be mixed with real data in one database."""

    number = 105
    cause = Text(
        "The state database {where} is marked {found.en}, and the keys are marked {wanted.en}.",
        "状态数据库 {where} 的标记为“{found.zh}”，而密钥的标记为“{wanted.zh}”。",
    )
    remedy = Text(
        "Rehearse in a workspace of its own: --workspace names another folder.",
        "演练请使用独立的工作目录（--workspace 指定其他目录）。",
    )


class CharterOlder(OneSeatError):
    """A charter older than the published one was offered for publication."""

    number = 106
    cause = Text(
        "Charter version {version} is older than version {published}, which is already published.",
        "考试规程第 {version} 版早于已发布的第 {published} 版。",
    )
    remedy = Text(
        "Clients never go back to an older charter. Sign a version above {published} and publish that.",
        "考生端不会退回旧版规程，请签署高于第 {published} 版的规程后再发布。",
    )


class CharterConflict(OneSeatError):
    """Two different charters claim one version number."""

    number = 107
    cause = Text(
        "Charter version {version} is already published with other content.",
        "考试规程第 {version} 版已发布，且内容不同。",
    )
    remedy = Text("Sign the change as a new version and publish that.", "请将改动签署为新版本后再发布。")


class AuditBroken(OneSeatError):
    """The audit log's hash chain is broken."""

    number = 108
    cause = Text(
        "The audit log was changed: entry {entry} does not follow from the one before.",
        "审计日志已被改动：第 {entry} 条与前一条不相衔接。",
    )
    remedy = Text(
        "Restore the state database from a backup and find out who changed it.",
        "请从备份恢复状态数据库，并查明改动来源。",
    )


class DeviceRetired(OneSeatError):
    """The seat's key on this device was retired: moved at the desk, or replaced by a newer registration."""

    number = 109
    cause = Text(
        "This computer's activation has ended: the seat was moved to another computer, or registered anew.",
        "本机原来的激活已失效：该准考证号已办理更换电脑，或已重新登记。",
    )
    remedy = Text(
        "Go on with the new computer: download and install there. If you changed nothing, "
        "call the hotline at once.",
        "请在新电脑上下载、安装并使用考生端；如果没有换过电脑，请立即拨打技术服务热线。",
    )


class AuditTruncated(OneSeatError):
    """The audit log is shorter than an older head says."""

    number = 160
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The audit log has {entries} entries, and had {wanted} when the older head was signed.",
        "审计日志现有 {entries} 条，而旧的签名摘要显示当时已有 {wanted} 条。",
    )
    remedy = Text(
        "Entries were cut off: restore the state database from a backup and find out who did it.",
        "日志末尾有记录被删除：请从备份恢复状态数据库，并查明原因。",
    )


class ServiceTokenUnknown(OneSeatError):
    """The exam has no service token of that id."""

    number = 164
    exit_status = ExitStatus.INPUT
    cause = Text("This exam has no service token '{token_id}'.", "本场考试没有编号为“{token_id}”的服务令牌。")
    remedy = Text("`service-token list` shows those there are.", "请用 `service-token list` 查看已有的令牌。")


class StateNotEmpty(OneSeatError):
    """The database to restore into is not empty."""

    number = 253
    cause = Text(
        "The state database {where} is not empty: table '{table}' has rows.",
        "状态数据库 {where} 不为空：表“{table}”中已有数据。",
    )
    remedy = Text(
        "Restore into a new file or an empty PostgreSQL database with --state, and move it into place after.",
        "请用 --state 指定新的文件或空的 PostgreSQL 数据库，恢复后再替换原库。",
    )


class BackupUnusable(OneSeatError):
    """A backup or export cannot be written or read."""

    number = 254
    cause = Text("{file} cannot be used: {reason.en}.", "{file} 无法使用（{reason.zh}）。")
    remedy = Text(
        "Take another file. A backup of another schema is restored with the OneSeat that made it; "
        "opening the result with this one upgrades it.",
        "请换用其他文件。结构版本不同的备份须用生成它的程序恢复，再用当前程序打开即可升级。",
    )


class PurgeRefused(OneSeatError):
    """An exam cannot be purged now, or was purged only in part."""

    number = 255
    cause = Text("Exam '{exam}' is not erased: {reason.en}.", "考试“{exam}”未被清除：{reason.zh}。")
    remedy = Text(
        "Mend what it names and run it again; what was erased before stays erased.",
        "请排除所述原因后重新运行；此前已清除的部分不会恢复。",
    )
