"""Refusals of stamping, publishing and withdrawing installers."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class NothingIssued(OneSeatError):
    """No licence was issued for the base that is to be published or stamped."""

    number = 90
    cause = Text("Exam {exam} has no licences for this base.", "考试 {exam} 尚未针对当前基础安装包签发许可。")
    remedy = Text("Issue them with `oneseat issue`.", "请先运行 `oneseat issue` 签发。")


class IssueUnfinished(OneSeatError):
    """An issue run was interrupted, and has not been resumed."""

    number = 91
    cause = Text("The last issue of exam {exam} was interrupted.", "考试 {exam} 上一次签发被中断，尚未完成。")
    remedy = Text(
        "Run `oneseat issue` with the same roster again; it goes on where it stopped.",
        "请用同一份名单再次运行 `oneseat issue`，程序会从中断处继续。",
    )


class SeatsLeftOut(OneSeatError):
    """Publishing would hide seats that have no licence for this base."""

    number = 92
    cause = Text(
        "{count} seat(s) have no licence for this base and would disappear from the portal.",
        "有 {count} 个席位没有当前基础安装包的许可，发布后这些考生将无法登录。",
    )
    remedy = Text(
        "Issue with the complete roster first, or publish with --leave-out if they are meant to go.",
        "请先用完整名单签发；如确需移除这些席位，请在发布时加上 --leave-out。",
    )


class NoPhoneApp(OneSeatError):
    """The exam's candidates use no phone, or another maker's app, or a page without an app."""

    number = 699
    exit_status = ExitStatus.CONFLICT
    cause = Text("Exam {exam} has no phone app of this project.", "考试 {exam} 没有本系统的手机端。")
    remedy = Text(
        'Leave --phone away, or set `kind = "app"` or `"both"` under `companion` in the exam file.',
        '请去掉 --phone，或在考试文件的 `companion` 一项中设置 `kind = "app"` 或 `"both"`。',
    )


class SeatUnknown(OneSeatError):
    """No licence was issued for the admission number."""

    number = 93
    cause = Text(
        "Exam {exam} has no seat with this admission number.", "考试 {exam} 中没有该准考证号对应的席位。"
    )
    remedy = Text(
        "Check the number, and whether the roster with it was issued.",
        "请核对准考证号，并确认包含该考生的名单已完成签发。",
    )


class DownloadsOpen(OneSeatError):
    """The download window or its grace period is still open."""

    number = 245
    cause = Text(
        "Candidates may download until {until.en}, and those who have begun may finish.",
        "下载通道开放至{until.zh}（含已开始下载者的宽限期）。",
    )
    remedy = Text(
        "Withdraw the installers after that, or give --early if the downloads are meant to end now.",
        "请在此之后再下架；如确需立即停止下载，请加 --early。",
    )


class ObjectsMissing(OneSeatError):
    """Some seats' objects could not be uploaded; nothing was published."""

    number = 246
    cause = Text(
        "{count} objects could not be stored (the first: {first}); candidates see what they saw before.",
        "有 {count} 个对象未能写入存储（首个：{first}），考生看到的内容未改变。",
    )
    remedy = Text(
        "Move away what lies under these names in the store, and publish again: it goes on where it was.",
        "请移走存储中的同名对象后重新发布，程序会从中断处继续。",
    )


class BatchKeyUnlisted(OneSeatError):
    """The batch key was rotated, and the charter in force does not list the new one."""

    number = 238
    cause = Text(
        "Charter {version}, which is in force, does not list the present batch key, so portals would refuse "
        "what it signs.",
        "现行规程（版本 {version}）未列出当前的批次密钥，平台将不接受它的签名。",
    )
    remedy = Text(
        "Sign and publish a new charter first: `oneseat charter sign`, `oneseat charter publish`.",
        "请先签署并发布新规程：`oneseat charter sign`、`oneseat charter publish`。",
    )


class BatchOfOtherState(OneSeatError):
    """The workspace holds a published batch that the state database does not have."""

    number = 693
    exit_status = ExitStatus.CONFLICT
    cause = Text(
        "State database {state} has not published batch {batch}, which lies in {folder}: two signed heads "
        "would have one number.",
        "{folder} 中的第 {batch} 批不是由状态数据库 {state} 发布的，"
        "继续发布会出现编号相同、内容不同的两份签名。",
    )
    remedy = Text(
        "Publish with the state that has this batch: give its address with --state. If the batch came from a "
        "rehearsal and was shown to nobody, move its folder away.",
        "请用 --state 指定发布该批次的状态数据库。如果该批次只用于演练、从未对外公布，请先移走它的目录。",
    )


class SpaceLacking(OneSeatError):
    """The installers that `stamp --all` would write do not fit on the disk."""

    number = 696
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "{count} installers need {needed}, and {folder} has {free} free.",
        "{count} 个安装程序需要 {needed} 空间，而 {folder} 仅剩 {free}。",
    )
    remedy = Text(
        "Make room (`oneseat clean` lists what nothing needs), or give a folder with more space by -o. "
        "The portal needs no such files.",
        "请腾出空间（可用 `oneseat clean` 查看不再需要的内容），或用 -o 指定空间更大的目录。"
        "平台提供下载并不需要这些文件。",
    )


class PhoneLicencesMissing(OneSeatError):
    """Seats that would be published have no licence for the phone app."""

    number = 614
    exit_status = ExitStatus.CONFLICT
    cause = Text(
        "{count} seat(s) have no licence for this phone app, so their candidates could not get it.",
        "有 {count} 个席位没有当前手机端安装包的许可，发布后这些考生将无法下载手机端。",
    )
    remedy = Text("Issue them with `oneseat issue`, then publish.", "请先运行 `oneseat issue` 签发，再发布。")
