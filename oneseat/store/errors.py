"""Refusals of the object store."""

from __future__ import annotations

from signing.errors import ExitStatus, OneSeatError
from signing.text import Text


class StoreUnavailable(OneSeatError):
    """The store cannot be reached, read or written."""

    number = 110
    cause = Text("The store {where} cannot be used: {reason.en}.", "存储 {where} 无法使用：{reason.zh}。")
    remedy = Text(
        "Check its address and permissions, then run the command again.", "请检查存储地址和权限后重新运行。"
    )


class StoreFull(OneSeatError):
    """The store's disk or quota is full."""

    number = 111
    cause = Text("There is no space left in the store {where}.", "存储 {where} 空间不足。")
    remedy = Text(
        "Free some space and run the command again; nothing half-written was left.",
        "请释放空间后重新运行；没有留下写到一半的文件。",
    )


class ObjectAbsent(OneSeatError):
    """The store has no object of that name."""

    number = 112
    cause = Text("The store has no object '{name}'.", "存储中没有对象“{name}”。")
    remedy = Text("Publish it with `oneseat publish`.", "请运行 `oneseat publish` 发布。")


class ObjectDiffers(OneSeatError):
    """An object of that name is there with other content; it is never overwritten."""

    number = 113
    cause = Text(
        "The object '{name}' is in the store with other content.", "存储中已有对象“{name}”，但内容不同。"
    )
    remedy = Text(
        "It was damaged or changed by hand: move it away and publish again.",
        "该对象已损坏或被人为改动，请将其移走后重新发布。",
    )


class SourceChanged(OneSeatError):
    """The file to be stored does not have the announced digest."""

    number = 114
    cause = Text("The file for '{name}' changed while it was stored.", "写入“{name}”时源文件发生了变化。")
    remedy = Text("Build the base again, then publish.", "请重新构建基础安装包后再发布。")


class ObjectNameInvalid(OneSeatError):
    """The name could leave the store or clash with its own files."""

    number = 115
    cause = Text("No object can have the name '{name}'.", "“{name}”不能用作对象名。")
    remedy = Text(
        "Names are lower-case letters, digits, '-', '_', '.' and '/'.",
        "对象名只能包含小写字母、数字以及“-”“_”“.”“/”。",
    )


class CredentialsRefused(OneSeatError):
    """Credentials for the store are missing or rejected."""

    number = 116
    cause = Text(
        "The store {where} refuses the credentials: {reason.en}.", "存储 {where} 拒绝访问凭据：{reason.zh}。"
    )
    remedy = Text(
        "Give valid ones where the AWS tools look for them (environment, credentials file, role), "
        "with the rights that docs/how-to/publish-to-s3.md lists; check the computer's clock.",
        "请在 AWS 标准位置（环境变量、凭据文件或角色）提供有效凭据，权限见 docs/how-to/publish-to-s3.md；"
        "并核对本机时间。",
    )


class StoreBusy(OneSeatError):
    """The store throttles requests, and retries were exhausted."""

    number = 117
    cause = Text(
        "The store {where} is busy and kept asking to slow down: {reason.en}.",
        "存储 {where} 繁忙，多次要求降低请求频率：{reason.zh}。",
    )
    remedy = Text(
        "Run the command again later, with fewer connections; what was done is kept.",
        "请稍后减少并发连接数再运行；已完成的部分会保留。",
    )


class StoreAddressInvalid(OneSeatError):
    """The address of the store cannot be parsed."""

    number = 118
    cause = Text("The store's address cannot be used: {reason.en}.", "存储地址无法使用：{reason.zh}。")
    remedy = Text(
        "Give a folder, or s3://bucket/prefix?endpoint=https://... as in docs/how-to/publish-to-s3.md.",
        "请填写文件夹，或 s3://bucket/prefix?endpoint=https://... 形式的地址，"
        "见 docs/how-to/publish-to-s3.md。",
    )


class ClockDiffers(OneSeatError):
    """A URL cannot be presigned: the store would judge its times by a clock that is far from this one."""

    number = 500
    exit_status = ExitStatus.MACHINE
    cause = Text(
        "This computer's clock and that of the store {where} are {seconds} s apart.",
        "本机时间与存储 {where} 的时间相差 {seconds} 秒。",
    )
    remedy = Text("Synchronise this computer's clock (NTP).", "请校准本机时间（NTP）。")


class UploadUrlRefused(OneSeatError):
    """The URL of an upload was not made by this store, or its time is over."""

    number = 501
    exit_status = ExitStatus.FORBIDDEN
    cause = Text("This upload link is not valid, or has expired.", "上传链接无效或已过期。")
    remedy = Text(
        "Ask the exam room for a new one: the page does so by itself.", "网页会自动重新获取链接，请稍候。"
    )


class UploadSizeWrong(OneSeatError):
    """An upload has more bytes, or fewer, than were announced."""

    number = 502
    exit_status = ExitStatus.INPUT
    cause = Text(
        "The upload does not have the announced {wanted} bytes.", "上传内容的大小与申报的 {wanted} 字节不符。"
    )
    remedy = Text("Send the same piece again, whole.", "请重新上传完整的片段。")


class UploadDiffers(OneSeatError):
    """An upload's SHA-256 is not the announced one."""

    number = 503
    exit_status = ExitStatus.INTEGRITY
    cause = Text("The upload's content is not the announced one.", "上传的内容与申报的不一致。")
    remedy = Text("Send the same piece again, unchanged.", "请重新上传，内容不要改动。")
