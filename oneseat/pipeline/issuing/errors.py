"""Refusals of issuing licences and of reporting on a run."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class PlanStale(OneSeatError):
    """The state has changed since the plan, so that it cannot be carried out."""

    number = 167
    cause = Text(
        "The state has changed since `issue --plan`: from row {row} on, other things would be done.",
        "自 `issue --plan` 之后状态已发生变化：从第 {row} 行起，结果将与计划不同。",
    )
    remedy = Text(
        "Run `oneseat issue --plan` again, look at what it says now, and then issue.",
        "请再次运行 `oneseat issue --plan`，核对新的计划后再签发。",
    )


class IssueRunTakenOver(OneSeatError):
    """The process lost its connection and its lock, and another one has resumed its issue run."""

    number = 168
    cause = Text(
        "Another process has taken over issue run {issue_run}; this one wrote nothing since.",
        "签发轮次 {issue_run} 已由另一个进程接管，本进程此后未再写入任何内容。",
    )
    remedy = Text("Let the other process end.", "请等待另一个进程完成。")


class NothingFailed(OneSeatError):
    """The last issue run has no faulty rows to retry."""

    number = 169
    cause = Text(
        "The last issue run of exam {exam} left no row out.", "考试 {exam} 的上一签发轮次没有未处理的行。"
    )
    remedy = Text(
        "Run `oneseat issue` without --retry-failed.", "请去掉 --retry-failed 运行 `oneseat issue`。"
    )


class NoIssueRun(OneSeatError):
    """There is no issue run to report on."""

    number = 242
    cause = Text("Exam {exam} has no such issue run.", "考试 {exam} 没有该签发轮次。")
    remedy = Text(
        "Issue one first: `oneseat issue FILE`; without --run the last one is reported on.",
        "请先运行 `oneseat issue FILE` 签发；不指定 --run 时报告最近的一次签发。",
    )


class WithdrawalUncertain(OneSeatError):
    """Seats that a roster does not name cannot be withdrawn while rows of it are faulty."""

    number = 660
    exit_status = ExitStatus.CONFLICT
    cause = Text(
        "{faulty} of {rows} rows of the roster {file} are faulty, so it is not certain whom it leaves out.",
        "考生名单 {file} 共 {rows} 行，其中 {faulty} 行有误，无法确定哪些考生已不在名单中。",
    )
    remedy = Text(
        "Correct the rows that `oneseat roster check` lists, then use --withdraw-missing again.",
        "请先按 `oneseat roster check` 列出的问题更正，再使用 --withdraw-missing。",
    )


class SeatRevokedBefore(OneSeatError):
    """The seat is revoked already."""

    number = 662
    exit_status = ExitStatus.CONFLICT
    cause = Text("This seat is revoked already.", "该席位已被撤销。")
    remedy = Text(
        "To let the candidate back in: `oneseat seat reissue`, `issue`, `publish`.",
        "如需恢复该考生的资格，请依次运行 `oneseat seat reissue`、`issue`、`publish`。",
    )


class SeatReissuePending(OneSeatError):
    """The seat waits for a new licence already."""

    number = 663
    exit_status = ExitStatus.CONFLICT
    cause = Text("This seat is already queued for a new licence.", "该席位已在重新签发队列中。")
    remedy = Text(
        "Run `oneseat issue` with the roster, then `oneseat publish`.",
        "请用考生名单运行 `oneseat issue`，然后运行 `oneseat publish`。",
    )


class LicenceNeverValid(OneSeatError):
    """A licence would be issued at or after the exam's outermost date, so that it is valid at no time."""

    number = 692
    exit_status = ExitStatus.FORBIDDEN
    cause = Text(
        "Licences of exam {exam} end at {ends}, and this computer says it is {now}: none would be valid.",
        "考试 {exam} 的许可有效期至 {ends}，而本机时钟显示为 {now}，此时签发的许可永远不会生效。",
    )
    remedy = Text(
        "Check this computer's date. If it is right, move `ends` in the exam file, sign and publish the "
        "charter, and issue again.",
        "请核对本机日期。如果日期没有错，请把考试文件中的 ends 改到更晚的时间，签署并发布规程后重新签发。",
    )


class StoredLicenceInvalid(OneSeatError):
    """A licence in the state was not signed by this exam's licence key for its seat."""

    number = 613
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The stored licence {jti} cannot be the source of a phone licence: {reason.en}.",
        "席位许可 {jti} 不能用来签发手机端许可：{reason.zh}。",
    )
    remedy = Text(
        "Verify the state with `oneseat verify --all`. If the licence key was withdrawn, build a new base "
        "and issue for it first.",
        "请先运行 `oneseat verify --all` 核对状态数据库。"
        "如果许可密钥已作废，请先构建新的基础安装包并重新签发。",
    )
