"""Refusals of the pipeline that several of its parts raise, and those of the command line."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class CheckoutRequired(OneSeatError):
    """A command builds from sources, and only the wheel is installed."""

    number = 600
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "This command builds from the project's sources, which an installed package does not carry.",
        "该命令需要项目源代码，已安装的软件包中不包含源代码。",
    )
    remedy = Text(
        "Clone the repository, run `make setup` there, and use its `.venv/bin/oneseat`.",
        "请克隆代码仓库，在其中运行 `make setup`，然后使用其中的 `.venv/bin/oneseat`。",
    )


class TemplateBroken(OneSeatError):
    """A template cannot be rendered."""

    number = 71
    cause = Text(
        "The template {template} cannot be rendered: {reason.en}.",
        "模板 {template} 无法渲染（{reason.zh}）。",
    )
    remedy = Text("Restore templates/ from version control.", "请从版本库恢复 templates/。")


class ExamOver(OneSeatError):
    """Something would be signed after the exam's last interview."""

    number = 690
    exit_status = ExitStatus.FORBIDDEN
    cause = Text(
        "The last interview of exam {exam} ended on {ended.en}, and this computer's clock says {now.en}.",
        "考试 {exam} 的最后一场面试已于 {ended.zh} 结束，而本机时钟显示为 {now.zh}。",
    )
    remedy = Text(
        "Check this computer's date and the dates in the exam file. If both are right and it is still to be "
        "signed, add --trust-clock.",
        "请核对本机日期和考试文件中的日期。如果都没有错，仍需签署，请加上 --trust-clock。",
    )


class ClockBehind(OneSeatError):
    """The clock is before the newest release or audit entry, so what is signed would be dated too early."""

    number = 691
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "This computer's clock says {now.en}, but the last release or audit entry is of {newest.en}.",
        "本机时钟显示为 {now.zh}，早于最近一次发布或最近一条审计记录的时间（{newest.zh}）。",
    )
    remedy = Text(
        "Set this computer's date, time and time zone right. If they are right and the record is dated "
        "wrongly, add --trust-clock.",
        "请校正本机的日期、时间和时区。如果本机时钟没有错，而是已有记录的时间有误，请加上 --trust-clock。",
    )


class OutputUnwritable(OneSeatError):
    """A file cannot be written: the disk is full, read-only or forbidden."""

    number = 72
    cause = Text("{path} cannot be written: {reason.en}.", "无法写入 {path}（{reason.zh}）。")
    remedy = Text("{mend.en}", "{mend.zh}")


class InputUnreadable(OneSeatError):
    """A file that a command was given is missing, a folder, or forbidden."""

    number = 630
    exit_status = ExitStatus.INPUT
    cause = Text("{path} cannot be read: {reason.en}.", "无法读取 {path}（{reason.zh}）。")
    remedy = Text(
        "Check the path, and that this account may read the file.",
        "请检查路径，并确认当前账户可以读取该文件。",
    )


class UnforeseenFault(OneSeatError):
    """A command ended with an exception that no part of OneSeat expects."""

    number = 631
    exit_status = ExitStatus.FAULT
    cause = Text("OneSeat has a defect: {fault} at {place}.", "程序出现意外错误（{fault}，位置 {place}）。")
    remedy = Text(
        "Run the command again: what was done before is kept. If it happens again, report it with the "
        "file {log}, which names places in the program and no data.",
        "请重新运行该命令，此前已完成的部分会保留；如再次出现，请连同文件 {log} 一起反馈；"
        "该文件只记录程序位置，不含任何数据。",
    )


class CleaningUnconfirmed(OneSeatError):
    """Folders would be deleted without a confirmation."""

    number = 695
    exit_status = ExitStatus.INPUT
    cause = Text("Nothing was deleted: it was not confirmed.", "未确认，没有删除任何内容。")
    remedy = Text(
        "Look at the list with --dry-run, then answer yes at the prompt or add --yes.",
        "请先用 --dry-run 查看清单，再在提示时确认，或加上 --yes。",
    )


class OfOtherExam(OneSeatError):
    """A base or a charter of one exam is used with another."""

    number = 95
    cause = Text(
        "{what.en} belongs to exam {found}, not to {wanted}.", "{what.zh}属于考试 {found}，而不是 {wanted}。"
    )
    remedy = Text(
        "Give the exam file, charter and base of one exam; --exam names the exam file.",
        "请使用同一场考试的考试文件、规程和基础安装包（--exam 指定考试文件）。",
    )


class SettingsFileInvalid(OneSeatError):
    """The settings file cannot be read, or has a setting that no command knows."""

    number = 98
    cause = Text(
        "The settings file {file} cannot be used: {reason.en}.", "配置文件 {file} 无法使用（{reason.zh}）。"
    )
    remedy = Text(
        "Correct it; docs/reference/commands.md lists what each command takes.",
        "请修正该文件；各命令可用的设置见 docs/reference/commands.md。",
    )


class MachineRefused(OneSeatError):
    """The system refused an operation that no part of OneSeat expects to fail."""

    number = 99
    cause = Text("The system refused: {reason.en}.", "系统拒绝了操作（{reason.zh}）。")
    remedy = Text(
        "Mend what it names (room on the disk, permissions, a folder in use), then run it again; "
        "what was done before is kept.",
        "请排除所述问题（磁盘空间、权限、目录占用）后重试；此前已完成的部分会保留。",
    )
