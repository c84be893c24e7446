"""Refusals to start: settings or keys that the portal cannot use."""

from __future__ import annotations

from oneseat.portal.errors import PortalError
from signing.text import Text


class AuthorityRingRefused(PortalError):
    """The portal was started on keys that could mint licences."""

    number = 195
    http_status = 500
    cause = Text(
        "The key ring in {folder} holds the authority's key '{name}'; a portal host must not have it.",
        "密钥目录 {folder} 中有签发方密钥“{name}”，不得放在平台主机上。",
    )
    remedy = Text("Give the portal the ring in keys/portal.", "请为平台指定 keys/portal 目录。")


class RehearsalRefused(PortalError):
    """A rehearsal clock was asked for on keys or state that are not marked as rehearsal."""

    number = 196
    http_status = 500
    cause = Text(
        "The portal's clock cannot be rehearsed: {what.en} not marked as rehearsal.",
        "不能启用演练时钟：{what.zh}没有演练标记。",
    )
    remedy = Text(
        "Rehearse on keys and state made with --rehearsal, never on those of a real exam.",
        "请使用以 --rehearsal 创建的密钥和状态数据进行演练，切勿使用正式考试的数据。",
    )


class SettingsInvalid(PortalError):
    """The portal's settings do not fit together."""

    number = 198
    http_status = 500
    cause = Text(
        "The portal's setting {setting} is not usable: {reason.en}.",
        "平台设置 {setting} 无法使用（{reason.zh}）。",
    )
    remedy = Text("Mend the setting and start the portal again.", "请修改设置后重新启动平台。")
