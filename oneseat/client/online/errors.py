"""Refusals for the faults between this computer and the portal: clock, roots, proxy, name, connection, time.

Each is a PortalUnreachable, so that callers treat them alike; each has the remedy that fits its cause.
"""

from __future__ import annotations

from oneseat.client.errors import PortalUnreachable
from signing.errors import ExitStatus
from signing.text import Text

NAME_MISMATCH = Text("the certificate is for another address", "安全证书与网址不符")
CERTIFICATE_REVOKED = Text("the certificate was revoked", "安全证书已被吊销")
REVOCATION_UNKNOWN = Text(
    "it cannot be found out whether the certificate was revoked", "无法查询安全证书是否已被吊销"
)
CERTIFICATE_INVALID = Text("the certificate is invalid", "安全证书无效")
PROTOCOL_FAULT = Text("both sides could not agree on encryption", "双方未能商定加密方式")

_PROXY_OFF = Text(
    'Windows 10 and 11: Settings, "Network & internet", "Proxy", turn everything off; Windows 7: Control '
    'Panel, "Internet Options", "Connections", "LAN settings", clear every box. Then try again.',
    "Windows 10、11 在“设置→网络和 Internet→代理”中全部关闭；"
    "Windows 7 在“控制面板→Internet 选项→连接→局域网设置”中取消所有勾选，然后重试。",
)


class TlsTimeWrong(PortalUnreachable):
    """The portal's certificate is not yet valid, or has expired, by this computer's clock."""

    number = 1200
    exit_status = ExitStatus.UNREACHABLE
    cause = Text(
        "By this computer's date and time the portal's certificate is not valid; "
        "the computer's clock is probably wrong.",
        "无法连接考生平台：按本机时间，平台的安全证书不在有效期内，可能是电脑时间不准。",
    )
    remedy = Text(
        "Right-click the clock in the corner of the screen and set date, time and time zone; then try again. "
        "If they are right, call the hotline.",
        "请右键单击屏幕右下角的时间，选择“调整日期和时间”，校准日期、时间和时区后重试。如时间无误，请拨打技术服务热线。",
    )


class TlsRootUnknown(PortalUnreachable):
    """The portal's certificate chain ends at no root that Windows trusts."""

    number = 1201
    exit_status = ExitStatus.UNREACHABLE
    cause = Text(
        "This computer does not know the authority that issued the portal's certificate, "
        "or another program replaces the certificate.",
        "无法连接考生平台：本机缺少所需的根证书，或平台的安全证书被其他软件替换。",
    )
    remedy = Text(
        "Open the portal's address once in Edge (Windows 7: Internet Explorer), run Windows Update, close "
        "programs that watch network traffic (proxies, accelerators, web scanners), and try again.",
        "请先用 Edge 浏览器（Windows 7 用 Internet Explorer）打开一次考生平台网址，并运行 Windows 更新；"
        "退出代理、加速器和带网页扫描的安全软件后重试。",
    )


class TlsOther(PortalUnreachable):
    """TLS failed for another reason: another name, revoked, no common protocol."""

    number = 1202
    exit_status = ExitStatus.UNREACHABLE
    cause = Text(
        "No secure connection to the portal: {reason.en}.",
        "无法连接考生平台：未能建立安全连接（{reason.zh}）。",
    )
    remedy = Text(
        "If this network asks for a login, log in by browser first. Check the computer's date and time, "
        "close proxies and accelerators, or use another network such as a mobile hotspot. "
        "Windows 7: install all updates. If it lasts, call the hotline.",
        "如当前网络需要网页认证，请先用浏览器完成认证；请核对电脑日期和时间，退出代理、加速器软件，"
        "或改用手机热点后重试。Windows 7 请装齐系统更新。如仍不成功，请拨打技术服务热线。",
    )


class ProxyUnreachable(PortalUnreachable):
    """The proxy configured in Windows cannot be reached or fails, and so does a direct connection."""

    number = 1203
    exit_status = ExitStatus.UNREACHABLE
    cause = Text(
        "The proxy set in Windows ({proxy}) does not work, and the portal cannot be reached without it.",
        "无法连接考生平台：系统设置的代理（{proxy}）不可用，不经代理也连不上。",
    )
    remedy = Text(
        f"Close proxy and accelerator programs. {_PROXY_OFF.en}", f"请退出代理、加速器软件。{_PROXY_OFF.zh}"
    )


class ProxyLoginNeeded(PortalUnreachable):
    """The proxy configured in Windows asks for a user name and a password."""

    number = 1204
    exit_status = ExitStatus.UNREACHABLE
    cause = Text(
        "The proxy set in Windows ({proxy}) asks for a password, which the client cannot give.",
        "无法连接考生平台：系统设置的代理（{proxy}）要求用户名和密码。",
    )
    remedy = Text(
        f"Use a network without a proxy, such as a mobile hotspot, and turn the proxy off. {_PROXY_OFF.en}",
        f"请改用不需要代理的网络（如手机热点），并关闭代理：{_PROXY_OFF.zh}",
    )


class NameNotFound(PortalUnreachable):
    """The portal's host name has no address."""

    number = 1205
    exit_status = ExitStatus.UNREACHABLE
    cause = Text(
        "The portal's address cannot be found (DNS); this computer is probably offline.",
        "无法连接考生平台：找不到平台的网址（域名解析失败），电脑可能没有联网。",
    )
    remedy = Text(
        "Open any website in the browser to see whether this computer is online. If it is, close proxies and "
        "accelerators, restart the router or use a mobile hotspot, and try again.",
        "请用浏览器打开任一网站，确认电脑已联网。如能打开，请退出代理、加速器软件，重启路由器或改用手机热点后重试。",
    )


class ConnectionRefused(PortalUnreachable):
    """No connection can be made to the portal's address: it is refused, or the way is blocked."""

    number = 1206
    exit_status = ExitStatus.UNREACHABLE
    cause = Text(
        "The connection to the portal was refused or blocked.", "无法连接考生平台：连接被拒绝或被阻断。"
    )
    remedy = Text(
        "Try again in a few minutes. If it lasts, allow the client in the firewall or the security program, "
        "or use another network such as a mobile hotspot; then call the hotline.",
        "请几分钟后重试。如仍不成功，请在防火墙或安全软件中允许考生端联网，或改用手机热点；"
        "还不行请拨打技术服务热线。",
    )


class PortalTimedOut(PortalUnreachable):
    """No complete response came within the time limit."""

    number = 1207
    exit_status = ExitStatus.UNREACHABLE
    cause = Text("The portal did not answer in time.", "无法连接考生平台：平台没有及时应答（连接超时）。")
    remedy = Text(
        "Stop downloads and videos on this network and try again in a few minutes, or use another network "
        "such as a mobile hotspot. If it lasts, call the hotline.",
        "请停止本网络中的下载和视频播放，几分钟后重试，或改用手机热点。如仍不成功，请拨打技术服务热线。",
    )
