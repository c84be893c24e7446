"""Refusals to start: settings, keys, papers or a charter that the room cannot use."""

from __future__ import annotations

from oneseat.room.errors import RoomError
from signing.errors import ExitStatus
from signing.text import Text


class RoomSettingsInvalid(RoomError):
    """A setting of the room is not usable."""

    number = 2030
    exit_status = ExitStatus.INPUT
    http_status = 500
    cause = Text(
        "The room's setting {setting} is not usable: {reason.en}.",
        "考场设置 {setting} 无法使用（{reason.zh}）。",
    )
    remedy = Text("Mend the setting and start the room again.", "请修改设置后重新启动考场。")


class RoomAbsent(RoomError):
    """The published charter names no room of this project's."""

    number = 2031
    exit_status = ExitStatus.INPUT
    http_status = 500
    cause = Text(
        "The charter in force names no exam room of this project.", "当前生效的规程没有指定本系统的考场。"
    )
    remedy = Text(
        'Set `kind = "oneseat"` and `url` in `[exam_room]`, then sign and publish the charter.',
        '请在考试文件的 `[exam_room]` 中写明 `kind = "oneseat"` 和 `url`，再签署并发布规程。',
    )


class ReceiptKeyUnlisted(RoomError):
    """The charter does not list the key with which this room signs receipts."""

    number = 2032
    exit_status = ExitStatus.INTEGRITY
    http_status = 500
    cause = Text(
        "The charter in force does not list this room's receipt key.",
        "当前生效的规程没有列出本考场的回执密钥。",
    )
    remedy = Text(
        "Start the room with the ring that the charter was signed with, or sign and publish a new charter.",
        "请使用签署规程时的考场密钥，或重新签署并发布规程。",
    )


class RoomRehearsalRefused(RoomError):
    """The clock is rehearsed, or keys and state differ in their rehearsal mark."""

    number = 2034
    exit_status = ExitStatus.CONFLICT
    http_status = 500
    cause = Text(
        "Keys and state must both be marked as rehearsal for a rehearsed clock, and be marked alike.",
        "启用演练时钟时，密钥和状态数据都须有演练标记，且两者标记必须一致。",
    )
    remedy = Text(
        "Rehearse on keys and state made with --rehearsal, never on those of a real exam.",
        "请使用以 --rehearsal 创建的密钥和状态数据进行演练，切勿使用正式考试的数据。",
    )
