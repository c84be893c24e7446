"""Refusals of pictures with help requests: the file, the moment, and how many there may be."""

from __future__ import annotations

from oneseat.portal.errors import PortalError
from signing.errors import ExitStatus
from signing.text import Text


class PictureInvalid(PortalError):
    """The file is no picture of a kind that is taken, or a damaged one."""

    number = 945
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text(
        "The file is not a JPEG, PNG or WebP picture, or it is damaged.",
        "该文件不是 JPEG、PNG 或 WebP 格式的图片，或者已损坏。",
    )
    remedy = Text(
        "Choose another picture, or take a screenshot of it and add that.",
        "请另选一张图片；也可以打开原图后截屏，再添加截屏图片。",
    )


class PictureTooLarge(PortalError):
    """The file is longer than is taken, or the picture has too many pixels to be decoded."""

    number = 946
    exit_status = ExitStatus.INPUT
    http_status = 413
    cause = Text(
        "The picture is too large: a file may have {mib} MiB, a picture 52 million pixels "
        "(PNG and WebP: 16 million).",
        "图片过大：每张不超过 {mib} MB，像素不超过 5200 万（PNG、WebP 不超过 1600 万）。",
    )
    remedy = Text(
        "Take a screenshot of it, or photograph with the camera's ordinary size, and add that.",
        "请打开原图后截屏，添加截屏图片；或用相机的普通尺寸重新拍摄。",
    )


class PicturesNotNow(PortalError):
    """A formal session's answer time is running: no picture is taken or shown."""

    number = 947
    exit_status = ExitStatus.FORBIDDEN
    http_status = 403
    cause = Text(
        "While questions are answered, until {until.en}, no picture is taken or shown.",
        "正式面试作答期间（至 {until.zh}）不接收图片，也不显示图片。",
    )
    remedy = Text(
        "Describe in words what happened. Pictures can be added afterwards.",
        "请用文字说明情况；作答时间结束后可以添加图片。",
    )


class PicturesFull(PortalError):
    """The request has as many pictures as one may have."""

    number = 948
    exit_status = ExitStatus.INPUT
    http_status = 409
    cause = Text("The request has {most} pictures already.", "该求助单已有 {most} 张图片，不能再添加。")
    remedy = Text(
        "Take one away first, as long as no operator has taken the request on.",
        "如需更换，请先移除一张（工作人员受理后不能移除）。",
    )


class PictureDiffers(PortalError):
    """The body's SHA-256 is not the one that the device has signed."""

    number = 952
    exit_status = ExitStatus.INPUT
    http_status = 400
    cause = Text(
        "The picture that arrived is not the one that was signed; it was changed on the way.",
        "收到的图片与电脑签名时的图片不一致，可能在传输中被改动。",
    )
    remedy = Text(
        "Add the picture again. If it happens again, use another network, or close programs that watch "
        "network traffic.",
        "请重新添加这张图片；如再次出现，请更换网络，或退出会检查网络流量的软件后重试。",
    )


class PicturesBusy(PortalError):
    """The process receives as many pictures as it may, or one of the same candidate."""

    number = 949
    exit_status = ExitStatus.UNREACHABLE
    http_status = 503
    retry_after_s = 10
    cause = Text(
        "Other pictures are being received at this moment, perhaps your own.",
        "正在接收其他图片（也可能是您刚才添加的图片），暂时不能添加。",
    )
    remedy = Text(
        "Try again in ten seconds. The help request itself has arrived.",
        "求助单不受影响，请 10 秒后再添加。",
    )
