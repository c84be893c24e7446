"""Refusals of devices: nonces, signatures and licences in activation and check-in."""

from __future__ import annotations

from oneseat.portal.errors import PortalError
from signing.text import Text


class NonceInvalid(PortalError):
    """The nonce was not made here, was made for something else, or is too old."""

    number = 180
    http_status = 409
    cause = Text("The portal's challenge is too old or is not from here.", "平台校验码已过期或无效。")
    remedy = Text(
        "Ask for a new nonce and sign it at once.",
        "请重新获取校验码并立即签名提交。",
    )


class DeviceSignatureInvalid(PortalError):
    """The device key did not sign this request."""

    number = 181
    http_status = 400
    cause = Text("The computer's signature on the request does not verify.", "电脑的请求签名校验未通过。")
    remedy = Text(
        "Start the client again; if it is refused again, install it again.",
        "请重新启动考生端；如仍被拒绝，请重新安装。",
    )


class LicenceWithdrawn(PortalError):
    """The licence is genuine, and is no longer (or not yet) the published one of its seat."""

    number = 182
    http_status = 403
    cause = Text("This installer has been replaced by a newer one.", "此安装包已被新的安装包取代。")
    remedy = Text(
        "Log in to the portal, download the installer again and install that.",
        "请登录下载平台，重新下载并安装最新的安装包。",
    )


class EnrolmentUnconfirmed(PortalError):
    """The device that asks for a ticket holds no activation that the portal knows of."""

    number = 183
    http_status = 403
    cause = Text(
        "This computer's enrolment has not been confirmed by the portal.", "本机尚未通过平台的激活确认。"
    )
    remedy = Text(
        "Connect to the internet, start the client again and log in there; then enter once more.",
        "请连接互联网，重新启动考生端并登录，完成激活后再进入。",
    )


class LicenceUnlisted(PortalError):
    """The licence is signed and known, and no published batch lists it."""

    number = 243
    http_status = 403
    cause = Text("This installer is not part of any published batch.", "此安装包不在任何已发布的批次中。")
    remedy = Text(
        "Log in to the portal and download the installer again; if that is refused too, call the hotline: "
        "somebody may have made installers that were never published.",
        "请登录下载平台重新下载安装包；如仍被拒绝，请拨打技术服务热线，这可能是未经发布的安装包。",
    )
