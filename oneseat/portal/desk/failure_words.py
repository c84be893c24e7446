"""Says in words what a counted refusal means, and what an operator can do about it."""

from __future__ import annotations

from typing import NamedTuple

from oneseat.state.candidates.failures import FailureKind, RecordedFailure
from signing.text import Text

TITLES = {
    FailureKind.LOGIN: Text("Login refused", "登录未通过"),
    FailureKind.ACTIVATION: Text("Activation refused", "激活未通过"),
    FailureKind.CLIENT: Text("Refused on the computer", "考生端报错"),
    FailureKind.HEALTH: Text("Health check not passed", "设备检测未通过"),
}
CHANNELS = {
    "page": Text("in the browser", "网页"),
    "api": Text("through the API", "接口"),
    "client": Text("in the client", "考生端"),
}


class Meaning(NamedTuple):
    """What a code means for the candidate, and what frees them from it."""

    cause: Text
    remedy: Text


_CHECK_DETAILS = Text(
    "Read the ID number and the admission number aloud together; mind the dot in a name.",
    "请考生逐位核对证件号码、准考证号；姓名中有间隔点的，按证件填写。",
)
_DOWNLOAD_AGAIN = Text("Download the installer again and install that.", "请考生重新登录下载并安装。")

_MEANINGS = {
    "OS-021": Meaning(
        Text("the installer is another candidate's, or a detail is wrong", "安装包属于他人，或信息填错"),
        Text(
            "Only the installer downloaded under the own number works; it carries the own pseudonym.",
            "只能使用本人下载的安装包：文件名中的 8 位代码应与本页的考生代码一致。",
        ),
    ),
    "OS-045": Meaning(
        Text("the installer is another candidate's", "安装包属于他人"),
        Text(
            "Only the installer downloaded under the own number works.",
            "请使用本人下载的安装包。",
        ),
    ),
    "OS-103": Meaning(
        Text("another computer is active for this number", "已在另一台电脑上激活"),
        Text("Go on with that computer, or move to another one.", "请使用已激活的电脑，或办理更换电脑。"),
    ),
    "OS-109": Meaning(
        Text("this computer was given up by a move", "该电脑已办理更换，不能再用"),
        Text("Go on with the new computer.", "请使用更换后的电脑。"),
    ),
    "OS-170": Meaning(
        Text("name, ID number or admission number do not fit together", "填写的信息与名单不符"),
        _CHECK_DETAILS,
    ),
    "OS-171": Meaning(
        Text("has to wait after too many mistakes", "多次填错，须等待"),
        Text("Forget the failed attempts, or let them wait.", "可办理重置验证次数，或请考生等待。"),
    ),
    "OS-172": Meaning(
        Text("too many failures from the same network", "同一网络失败次数过多"),
        Text("Answer the page's question, or use another network.", "请回答页面上的问题，或换用其他网络。"),
    ),
    "OS-174": Meaning(
        Text("the download was closed", "下载时间已过"),
        Text("Let download late, if the rules allow it.", "按规定可补救的，办理允许逾期下载。"),
    ),
    "OS-178": Meaning(
        Text("no release is published yet", "安装包尚未发布"),
        Text("Wait for the release.", "请等待安装包发布。"),
    ),
    "OS-179": Meaning(
        Text("the licence is revoked", "许可已撤销"),
        Text("Issue anew, if that was a mistake.", "如属误操作，请申请重新签发。"),
    ),
    "OS-182": Meaning(
        Text("the installer was replaced by a newer one", "安装包已被新安装包取代"), _DOWNLOAD_AGAIN
    ),
    "OS-243": Meaning(
        Text("the installer is in no published batch", "安装包不在已发布的批次中"), _DOWNLOAD_AGAIN
    ),
}

_CHECKS = {
    "antivirus": Text("antivirus software", "杀毒软件"),
    "bandwidth": Text("bandwidth", "网络带宽"),
    "camera": Text("camera", "摄像头"),
    "chat": Text("chat programs", "聊天软件"),
    "clock": Text("clock", "系统时间"),
    "disk": Text("space on drive C:", "C 盘空间"),
    "dual-boot": Text("second system", "双系统"),
    "memory": Text("memory", "内存"),
    "microphone": Text("microphone", "麦克风"),
    "power": Text("power supply", "电源"),
    "remote-session": Text("remote desktop", "远程桌面"),
    "remote-tools": Text("remote control programs", "远程控制软件"),
    "capture-tools": Text("screen capture and virtual cameras", "截屏录屏和虚拟摄像头软件"),
    "restart": Text("pending restart", "待重启"),
    "screens": Text("screens", "显示器"),
    "sleep": Text("sleep and screen", "休眠与熄屏"),
    "updates": Text("automatic updates", "系统自动更新"),
    "virtual-machine": Text("virtual machine", "虚拟机"),
    "windows": Text("Windows version", "Windows 版本"),
}
_ON_THE_COMPUTER = Text(
    "The client shows what to do; read it with the candidate.", "考生端页面上有处理办法，请与考生逐条核对。"
)


def meaning_of(kind: FailureKind, code: str) -> Meaning:
    """The meaning of a code; of one without words of its own, the code itself."""
    if kind is FailureKind.HEALTH:
        return Meaning(_CHECKS.get(code, Text(code, code)), _ON_THE_COMPUTER)
    unknown = Meaning(Text(f"code {code}", f"错误代码 {code}"), _ON_THE_COMPUTER)
    return _MEANINGS.get(code, unknown)


def detail_of(failure: RecordedFailure) -> Text:
    """How often, where, and with which code a refusal came."""
    channel = CHANNELS.get(failure.channel, Text(failure.channel, failure.channel))
    times = (
        Text("once", "1 次") if failure.count == 1 else Text(f"{failure.count} times", f"{failure.count} 次")
    )
    code = f", {failure.code}" if failure.code.startswith("OS-") else ""
    code_zh = f"，{failure.code}" if code else ""
    return Text(f"{times.en}, {channel.en}{code}", f"{times.zh}，{channel.zh}{code_zh}")
