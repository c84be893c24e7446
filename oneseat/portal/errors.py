"""Every refusal of the portal (170-219), with the HTTP status that carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from signing.errors import OneSeatError, Text

if TYPE_CHECKING:
    from oneseat.portal.tokens.challenge import Challenge


class PortalError(OneSeatError):
    """A refusal that the portal answers with over HTTP.

    ``retry_after_s`` becomes a Retry-After header where waiting helps. ``challenge`` is a
    question whose answer lets the next attempt through without waiting.
    """

    http_status: ClassVar[int]
    retry_after_s: int | None = None
    challenge: Challenge | None = None


_LOG_IN_AGAIN = Text(
    "Log in again with your name, ID number and admission number.",
    "请用本人姓名、证件号码和准考证号重新登录。",
)
_CALL_HOTLINE = Text(
    "Call the hotline shown on this page; have your admission number at hand.",
    "请拨打页面上的技术服务热线，并准备好准考证号。",
)
_CALL_OPERATOR = Text(
    "Try again in a minute; if it stays so, tell the portal's operator the code.",
    "请一分钟后重试；如仍然如此，请将错误代码告知平台管理人员。",
)
_MEND_REQUEST = Text(
    "Mend the request as /api/v1 documents it.",
    "请按 /api/v1 接口文档修改请求。",
)


class LoginRefused(PortalError):
    """Name, ID number and admission number are not those of one seat. Never says which."""

    number = 170
    http_status = 401
    cause = Text(
        "The details do not match a candidate of this exam.",
        "填写的信息与本场考试的考生信息不符。",
    )
    remedy = Text(
        "Check name, ID number and admission number against your ID document and admission ticket.",
        "请对照本人证件和准考证，核对姓名、证件号码和准考证号后重新填写。",
    )


class ProofsSpent(PortalError):
    """Too many failed proofs of one seat's identity; the next is looked at after a delay."""

    number = 171
    http_status = 429
    cause = Text(
        "There were too many failed attempts for this admission number; try again in {wait_s} seconds.",
        "该准考证号验证失败次数过多，请在 {wait_s} 秒后重试。",
    )
    remedy = Text(
        "Wait, check your details, then try again. If this was not you, call the hotline.",
        "请稍候，核对信息后再试。如非本人操作，请拨打技术服务热线。",
    )


class AddressBusy(PortalError):
    """Too many requests from one network address."""

    number = 172
    http_status = 429
    cause = Text(
        "Too many attempts came from your network; the next is possible in {wait_s} seconds.",
        "您所在网络的请求过于频繁，请在 {wait_s} 秒后重试。",
    )
    remedy = Text(
        "Wait, or use another network such as your home line.",
        "请稍候重试，或换用其他网络（如家庭宽带）。",
    )


class WindowNotOpen(PortalError):
    """The download window is still to open."""

    number = 173
    http_status = 403
    cause = Text("The download opens on {opens.en}.", "下载通道将于 {opens.zh} 开放。")
    remedy = Text(
        "Come back then; meanwhile prepare computer and phone by the checklist.",
        "请届时再来；在此之前，请按清单准备好电脑和手机。",
    )


class WindowClosed(PortalError):
    """The download window has closed, and this seat was granted no download in time."""

    number = 174
    http_status = 403
    cause = Text("The download closed on {closed.en}.", "下载通道已于 {closed.zh} 关闭。")
    remedy = _CALL_HOTLINE


class InstallersWithdrawn(PortalError):
    """The exam's installers were taken away when their time was over."""

    number = 247
    http_status = 410
    cause = Text(
        "The installers of this exam have been withdrawn; nothing can be downloaded any more.",
        "本场考试的安装包已下架，不能再下载。",
    )
    remedy = _CALL_HOTLINE


class SessionMissing(PortalError):
    """There is no login session, or it has ended."""

    number = 175
    http_status = 401
    cause = Text("You are not logged in, or your login has ended.", "您尚未登录，或登录已失效。")
    remedy = _LOG_IN_AGAIN


class ExamUnknown(PortalError):
    """No exam of this name is served here."""

    number = 176
    http_status = 404
    cause = Text("There is no such exam on this portal.", "本平台没有这场考试。")
    remedy = Text("Use the address in your exam notice.", "请使用考试通知中的网址。")


class InstallerUnknown(PortalError):
    """The installer asked for is not the one of the seat that is logged in."""

    number = 177
    http_status = 404
    cause = Text(
        "This download address is not yours, or is no longer valid.", "该下载地址不属于您，或已失效。"
    )
    remedy = Text(
        "Log in again and use the address on the download page.",
        "请重新登录，使用下载页面上的地址。",
    )


class NothingPublished(PortalError):
    """The exam has no release yet."""

    number = 178
    http_status = 503
    cause = Text("The installers of this exam are not published yet.", "本场考试的安装包尚未发布。")
    remedy = _CALL_OPERATOR


class SeatRevoked(PortalError):
    """The seat was withdrawn."""

    number = 179
    http_status = 403
    cause = Text(
        "This admission number has been withdrawn from the exam.", "该准考证号已被取消本场考试资格。"
    )
    remedy = _CALL_HOTLINE


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


class RequestInvalid(PortalError):
    """The request does not have the documented shape."""

    number = 184
    http_status = 400
    cause = Text("The request is not well formed: {where}.", "请求格式不正确：{where}。")
    remedy = _MEND_REQUEST


class FormExpired(PortalError):
    """A form came back without its token (CSRF), or too late."""

    number = 185
    http_status = 403
    cause = Text(
        "The form was open for too long, or was not sent from this site.", "表单已过期，或不是从本站提交的。"
    )
    remedy = Text(
        "Open the page again, fill in the form and send it; cookies must be allowed.",
        "请重新打开页面填写并提交；请确认浏览器允许使用 Cookie。",
    )


class PageUnknown(PortalError):
    """There is nothing at this address."""

    number = 186
    http_status = 404
    cause = Text("There is no such page.", "页面不存在。")
    remedy = Text("Go back to the start page.", "请返回首页。")


class MethodRefused(PortalError):
    """The address exists and does not take this method."""

    number = 187
    http_status = 405
    cause = Text("This address does not take {method}.", "该地址不支持 {method} 请求。")
    remedy = _MEND_REQUEST


class RetryDiffers(PortalError):
    """An idempotency key came again with another request."""

    number = 219
    http_status = 422
    cause = Text("The Idempotency-Key was used for another request.", "该 Idempotency-Key 已用于另一个请求。")
    remedy = Text(
        "Make a new key for each request, and use it again only to send that request again.",
        "请为每个请求生成新的键，仅在重发同一请求时使用原键。",
    )


class LinkInvalid(PortalError):
    """A download link was changed, is another seat's, or has run out."""

    number = 224
    http_status = 403
    cause = Text("This download link is no longer valid.", "此下载链接已失效。")
    remedy = Text(
        "Go back to the page that gave it, and download again from there.", "请返回原页面重新下载。"
    )


class RequestTooLarge(PortalError):
    """The body is longer than any genuine request."""

    number = 188
    http_status = 413
    cause = Text("The request is larger than {limit_bytes} bytes.", "请求超过 {limit_bytes} 字节。")
    remedy = _MEND_REQUEST


class RequestTooSlow(PortalError):
    """The request's body did not arrive in the time that any genuine one takes."""

    number = 223
    http_status = 408
    cause = Text("The request did not arrive within {seconds} s.", "请求未在 {seconds} 秒内发送完成。")
    remedy = Text("Check the network connection and try again.", "请检查网络连接后重试。")


class MeasuringBusy(PortalError):
    """Enough candidates measure their line at this moment."""

    number = 229
    http_status = 503
    cause = Text(
        "Many candidates are measuring their line; the next is possible in {wait_s} seconds.",
        "同时测速的考生较多，请在 {wait_s} 秒后重试。",
    )
    remedy = Text("Wait a moment, then check again.", "请稍候重新检测。")


class PortalFault(PortalError):
    """A fault of the portal's own; the log has the details under the reference."""

    number = 189
    http_status = 500
    cause = Text("The portal has a fault (reference {reference}).", "平台发生故障（编号 {reference}）。")
    remedy = _CALL_OPERATOR


class InstallerUnavailable(PortalError):
    """The published base cannot be read from the store, or is not the one published."""

    number = 190
    http_status = 503
    cause = Text("The installer cannot be read at the moment.", "安装包暂时无法读取。")
    remedy = _CALL_OPERATOR


class RangeRefused(PortalError):
    """No byte of the range asked for lies in the file."""

    number = 191
    http_status = 416
    cause = Text(
        "The range asked for lies outside the file of {size_bytes} bytes.",
        "请求的范围超出文件大小（{size_bytes} 字节）。",
    )
    remedy = Text("Delete the partial file and download it again.", "请删除未完成的文件后重新下载。")


class PreconditionRefused(PortalError):
    """The file is no longer the one that the request makes its condition."""

    number = 192
    http_status = 412
    cause = Text("The file has changed since the download began.", "下载开始后文件已更新。")
    remedy = Text("Delete the partial file and download it again.", "请删除未完成的文件后重新下载。")


class MediaTypeRefused(PortalError):
    """The body is of another media type than the address takes."""

    number = 193
    http_status = 415
    cause = Text("The request body must be {wanted}.", "请求内容类型必须为 {wanted}。")
    remedy = _MEND_REQUEST


class NotReady(PortalError):
    """The portal runs, and cannot serve candidates: the state or the keys are out of reach."""

    number = 194
    http_status = 503
    cause = Text("The portal is not ready: {what}.", "平台尚未就绪（{what}）。")
    remedy = _CALL_OPERATOR


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


class AddressInUse(PortalError):
    """The portal cannot listen where it was told to."""

    number = 197
    http_status = 500
    cause = Text("The portal cannot listen on {address}: {reason}.", "平台无法监听 {address}（{reason}）。")
    remedy = Text(
        "Stop the program that listens there, or choose another port.",
        "请停止占用该端口的程序，或改用其他端口。",
    )


class SettingsInvalid(PortalError):
    """The portal's settings do not fit together."""

    number = 198
    http_status = 500
    cause = Text(
        "The portal's setting {setting} is not usable: {reason}.", "平台设置 {setting} 无法使用（{reason}）。"
    )
    remedy = Text("Mend the setting and start the portal again.", "请修改设置后重新启动平台。")


# ------------------------------------------------------------------------------ the operators' desk


class DeskLoginRefused(PortalError):
    """Name, password and code are not those of an operator. Never says which."""

    number = 206
    http_status = 401
    cause = Text(
        "Name, password or code do not match an operator of this exam.",
        "用户名、密码或动态码不正确。",
    )
    remedy = Text(
        "Check what you typed; a code works once and for half a minute. "
        "An administrator can give you a new password.",
        "请核对后重试；动态码约半分钟更新一次，且只能使用一次。忘记密码请联系管理员重置。",
    )


class DeskLoginDelayed(PortalError):
    """Too many failed logins of one operator, or from one address; the next is looked at after a delay."""

    number = 207
    http_status = 429
    cause = Text(
        "There were too many failed logins; the next is looked at in {wait_s} seconds.",
        "登录失败次数过多，请在 {wait_s} 秒后重试。",
    )
    remedy = Text(
        "Wait, then try again. If it was not you who failed, tell an administrator.",
        "请稍候再试；如非本人操作，请告知管理员。",
    )


class DeskSessionMissing(PortalError):
    """Nobody is logged in at the desk, or the login has ended."""

    number = 208
    http_status = 401
    cause = Text(
        "You are not logged in at the desk, or your login has ended.", "您尚未登录管理台，或登录已失效。"
    )
    remedy = Text(
        "Log in again; a login ends after half an hour without use.",
        "请重新登录；超过半小时未操作，登录会自动失效。",
    )


class RoleTooLow(PortalError):
    """The operator's role does not allow this."""

    number = 209
    http_status = 403
    cause = Text("This needs the role {role.en}.", "该操作需要“{role.zh}”权限。")
    remedy = Text("Ask somebody who has it.", "请由具有该权限的人员办理。")


class SeatNotFound(PortalError):
    """No seat of this exam is meant."""

    number = 210
    http_status = 404
    cause = Text("There is no such seat in this exam.", "本场考试没有这个准考证号。")
    remedy = Text(
        "Check the admission number; who is missing from the roster is added by `issue`.",
        "请核对准考证号；名册中遗漏的考生须由 `issue` 补充签发。",
    )


class SeatNotActive(PortalError):
    """No device holds the seat, so there is nothing to be moved."""

    number = 211
    http_status = 409
    cause = Text("No computer is active for this seat.", "该准考证号尚未在任何电脑上激活。")
    remedy = Text(
        "Nothing needs moving: the first computer that activates takes the seat.",
        "无需办理更换：首先激活的电脑即为考试用机。",
    )


class DeviceChangeOver(PortalError):
    """The exam's time for changing computers is over."""

    number = 212
    http_status = 403
    cause = Text("Computers could be changed until {until.en}.", "更换电脑的办理时间已于 {until.zh} 截止。")
    remedy = Text(
        "Only a newer charter, signed with the root key, can allow it for longer.",
        "如确需延长，须由签发方签署新版考试规程后上传。",
    )


class SeatAlreadyRevoked(PortalError):
    """The seat's licence is revoked already."""

    number = 213
    http_status = 409
    cause = Text("This seat's licence is revoked already.", "该席位的许可已被撤销。")
    remedy = Text("To let the candidate back in, queue a re-issue.", "如需恢复该考生的资格，请申请重新签发。")


class ReissueQueued(PortalError):
    """The seat waits for a new licence already."""

    number = 214
    http_status = 409
    cause = Text("This seat is already queued for a new licence.", "该席位已在重新签发队列中。")
    remedy = Text(
        "It is made by the next `issue` and shown by the next `publish`.",
        "将在下一次 `issue` 时签发，并在 `publish` 后生效。",
    )


class CharterRefused(PortalError):
    """The uploaded charter cannot be put in force."""

    number = 215
    http_status = 422
    cause = Text("This charter cannot be put in force: {reason.en}.", "该考试规程不能生效：{reason.zh}。")
    remedy = Text(
        "Upload the file that `charter sign` wrote for this exam, of a version above the one in force.",
        "请上传由 `charter sign` 为本场考试签署、版本号高于现行版本的规程文件。",
    )


class UnderMaintenance(PortalError):
    """The operators let the exam's pages and API rest."""

    number = 216
    http_status = 503
    retry_after_s = 60
    cause = Text("The portal is under maintenance; {back.en}.", "平台正在维护，{back.zh}。")
    remedy = Text(
        "Nothing is lost: downloads begun in time and activations stay as they are. Come back then.",
        "已开始的下载和已完成的激活不受影响，请届时再访问本页面。",
    )


class OrderInvalid(PortalError):
    """A form of the desk came with something that it cannot have."""

    number = 217
    http_status = 400
    cause = Text("The form cannot be used: {what.en}.", "表单内容有误：{what.zh}。")
    remedy = Text("Correct it and send it again.", "请修改后重新提交。")


class LimitOutOfReach(PortalError):
    """Failed attempts cannot be counted, so no identity is looked at."""

    number = 218
    http_status = 503
    retry_after_s = 30
    cause = Text(
        "The portal cannot check identities at the moment, to protect them.",
        "平台暂时无法核验身份信息，为保护考生信息已暂停登录。",
    )
    remedy = Text(
        "Try again in a minute. Operators: see that the Redis of `limits_url` answers.",
        "请一分钟后重试。管理人员请检查 `limits_url` 所指的 Redis 服务。",
    )


# ---------------------------------------------------------------------- entry tickets and exam rooms


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


class SessionAbsent(PortalError):
    """The exam has no session of the kind asked for."""

    number = 199
    http_status = 403
    cause = Text("This exam has no {kind.en}.", "本场考试没有安排{kind.zh}。")
    remedy = _CALL_HOTLINE


class SessionNotOpen(PortalError):
    """The next session of this kind is still to open."""

    number = 200
    http_status = 403
    cause = Text("The {kind.en} opens on {opens.en}.", "{kind.zh}将于 {opens.zh} 开放登录。")
    remedy = Text("Come back then, with the same computer.", "请届时使用同一台电脑登录。")


class SessionOver(PortalError):
    """The last session of this kind has ended."""

    number = 201
    http_status = 403
    cause = Text("The {kind.en} ended on {closed.en}.", "{kind.zh}已于 {closed.zh} 结束。")
    remedy = _CALL_HOTLINE


class LoginClosed(PortalError):
    """A first login to a formal interview came after the last login."""

    number = 202
    http_status = 403
    cause = Text(
        "Login to the formal interview closed on {closed.en}.", "正式面试已于 {closed.zh} 截止登录。"
    )
    remedy = _CALL_HOTLINE


class MockTaken(PortalError):
    """The candidate has had the day's one mock interview."""

    number = 203
    http_status = 403
    cause = Text(
        "You have already used the one login to today's mock interview.", "您今天的模拟面试登录次数已用完。"
    )
    remedy = Text("Each candidate has one a day: {then.en}.", "每人每天只能参加一场：{then.zh}。")


class MockMissing(PortalError):
    """Who took part in no mock interview is not let into the formal one."""

    number = 204
    http_status = 403
    cause = Text(
        "You took part in no mock interview, and cannot enter the formal interview without.",
        "您未参加模拟面试，不能参加正式面试。",
    )
    remedy = _CALL_HOTLINE


class AlreadySubmitted(PortalError):
    """The candidate has handed in this interview."""

    number = 205
    http_status = 403
    cause = Text("You have already submitted this interview.", "您已完成本场面试并交卷。")
    remedy = Text(
        "Nothing more is to be done; keep the client installed as the notice says.",
        "无需再次登录；请按通知要求保留考生端软件。",
    )


class ServiceTokenRefused(PortalError):
    """There is no service token, or it is not a good one: unknown, expired or revoked."""

    number = 220
    http_status = 401
    cause = Text("The request brings no valid service token.", "请求未携带有效的服务令牌。")
    remedy = Text(
        "Send `Authorization: Bearer` with a token that `service-token make` has made for this exam.",
        "请在 `Authorization: Bearer` 中携带由 `service-token make` 为本场考试生成的令牌。",
    )


class ScopeMissing(PortalError):
    """The service token is good, and not for this."""

    number = 221
    http_status = 403
    cause = Text("The service token does not have the scope {scope}.", "该服务令牌没有 {scope} 权限。")
    remedy = Text(
        "Make a token that has it: `service-token make`.", "请用 `service-token make` 生成具有该权限的令牌。"
    )


class RoomReportRefused(PortalError):
    """A report of the exam room contradicts the ticket that it names."""

    number = 222
    http_status = 409
    cause = Text("The report does not fit its ticket: {reason.en}.", "上报内容与入场凭证不符：{reason.zh}。")
    remedy = Text(
        "Report what happened with the ticket that the candidate brought; `at` is when it happened.",
        "请使用考生出示的入场凭证上报，`at` 为事件实际发生的时间。",
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
