"""Refusals of the demonstration itself."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class PortalSilent(OneSeatError):
    """The demonstration's portal or exam room did not start, or stopped answering."""

    number = 120
    cause = Text(
        "The demonstration's portal or exam room did not answer: {reason.en}.",
        "演示用的下载平台或考场没有响应（{reason.zh}）。",
    )
    remedy = Text(
        "See its log, {log}. Another program may hold its port.",
        "请查看日志 {log}；其端口可能被其他程序占用。",
    )


class DownloadWrong(OneSeatError):
    """The download differs from the portal's announcement."""

    number = 121
    cause = Text(
        "The downloaded installer is not the announced one ({what}).",
        "下载的安装包与平台公布的不一致（{what}）。",
    )
    remedy = Text("Run the demonstration again.", "请重新运行演示。")


class PromiseBroken(OneSeatError):
    """A step's exit status is not the expected one."""

    number = 122
    cause = Text(
        "{step.en}: exit status {wanted} was promised, {found} came.\n{said}",
        "{step.zh}：应返回 {wanted}，实际返回 {found}。\n{said}",
    )
    remedy = Text(
        "Remove the exam's folder in the workspace and run the demonstration again; "
        "if it fails again, it is a fault.",
        "请删除工作目录中该考试的文件夹后重新运行演示；如仍失败，属于程序缺陷。",
    )


class CardRefused(OneSeatError):
    """The ticket handed to the demonstration's exam room is refused."""

    number = 123
    cause = Text("The exam room does not take this: {reason.en}.", "考场不接受此凭证（{reason.zh}）。")
    remedy = Text("Enter again from the client.", "请从考生端重新进入。")


class CharterUnreadable(OneSeatError):
    """The file given to the demonstration's exam room is no charter."""

    number = 124
    cause = Text("{path} is no charter: {reason.en}.", "{path} 不是考试规程（{reason.zh}）。")
    remedy = Text(
        "Give the charter.jws that `oneseat charter sign` wrote.", "请指定签发命令写出的 charter.jws。"
    )


class TokenFileUnreadable(OneSeatError):
    """The file with the service token of the demonstration's exam room cannot be read."""

    number = 1500
    exit_status = ExitStatus.INPUT
    cause = Text("{path} cannot be read: {reason.en}.", "无法读取 {path}（{reason.zh}）。")
    remedy = Text(
        "Give the file that `oneseat service-token make` wrote its token to.",
        "请指定保存 `oneseat service-token make` 输出的文件。",
    )


class BrowserSilent(OneSeatError):
    """The demonstration's browser, or the screen that it needs, did not start."""

    number = 1501
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "The demonstration's browser did not start: {reason.en}.", "演示用的浏览器没有启动（{reason.zh}）。"
    )
    remedy = Text(
        "Run the demonstration again; `oneseat doctor` lists the tools.",
        "请重新运行演示；可用 `oneseat doctor` 检查工具。",
    )


class RecordingIncomplete(OneSeatError):
    """What the demonstration's interview left behind is not whole."""

    number = 1502
    exit_status = ExitStatus.INTEGRITY
    cause = Text(
        "The interview is not kept whole: {what.en}.",
        "面试记录不完整：{what.zh}。",
    )
    remedy = Text(
        "Run the demonstration again; if it fails again, it is a fault.",
        "请重新运行演示；如仍失败，属于程序缺陷。",
    )


class CandidatesUsedUp(OneSeatError):
    """Every candidate of the demonstration's roster has a computer by now."""

    number = 1503
    exit_status = ExitStatus.CONFLICT
    cause = Text(
        "All candidates of the demonstration have been in the interview.", "演示名单中的考生都已参加过面试。"
    )
    remedy = Text(
        "Remove the exam's folder in the workspace and run the demonstration again.",
        "请删除工作目录中该考试的文件夹后重新运行演示。",
    )


class PageUnexpected(OneSeatError):
    """The room's page did not show what a step of the interview needs."""

    number = 1504
    exit_status = ExitStatus.FAULT
    cause = Text("The exam room's page did not go on: {what.en}", "考场页面没有继续：{what.zh}")
    remedy = Text(
        "Run the demonstration again; if it fails again, it is a fault. The room's log is {log}.",
        "请重新运行演示；如仍失败，属于程序缺陷。考场日志：{log}。",
    )
