"""Checks of camera and microphone: present, permitted by Windows, and giving a signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

from oneseat.client.health import settings_paths
from oneseat.client.health.check import Check, Finding, Unanswered
from oneseat.client.health.probes import DeviceProbe, Frame, Level, SystemProbe
from signing.text import Text, legible

_DARK_MEAN, _DARK_BRIGHTEST = 12.0, 48
"""A covered lens gives noise around black; a dim room still has some bright spot in it."""
_VIRTUAL_CAMERAS = (
    "obs virtual",
    "obs-camera",
    "manycam",
    "xsplit",
    "e2esoft",
    "virtual camera",
    "virtual webcam",
)
"""Substrings of the names of cameras that are programs, in lower case; what they show may be a recording."""
_SILENT_PEAK = 0.0005
"""One or two steps of 16 bits are what a muted input gives (-66 dB full scale)."""
_QUIET_RMS = 0.001
"""Below -60 dB full scale a voice beside the microphone would not be understood."""
_DENIED_BY = {
    "machine": Text("for this computer", "本机"),
    "account": Text("for this account", "当前用户"),
    "desktop apps": Text("for desktop apps", "桌面应用"),
}


def is_virtual_camera(name: str) -> bool:
    """Whether a camera is a program, by its name."""
    return any(words in name.casefold() for words in _VIRTUAL_CAMERAS)


def _names(names: Sequence[str]) -> Text:
    legible_names = [legible(name) for name in names]
    return Text(", ".join(legible_names), "、".join(legible_names))


@dataclass(frozen=True)
class _DeviceCheck(Check):
    devices: DeviceProbe
    system: SystemProbe

    def privacy(self, capability: str, setting: Text) -> Optional[Finding]:
        """Finding if Windows' privacy settings deny access to a device; else None."""
        by = self.devices.denied(capability)
        if by is None:
            return None
        whom, page = _DENIED_BY[by], settings_paths.privacy(self.system)
        return self.blocked(
            Text(f"Windows forbids it {whom.en}.", f"Windows 隐私设置已禁止访问（{whom.zh}）。"),
            Text(
                f"Settings, {page.en}, {setting.en}: allow access, for desktop apps too; then check again.",
                f"请在“设置 → {page.zh} → {setting.zh}”中允许访问（包括桌面应用）后重新检测。",
            ),
        )


@dataclass(frozen=True)
class CameraCheck(_DeviceCheck):
    """A camera is present and permitted, and its picture is not black."""

    key = "camera"
    name = Text("Camera", "摄像头")
    limit_s = 8.0

    def run(self) -> Finding:
        """Query cameras and privacy settings, then take one picture; it is not kept."""
        cameras = self.devices.cameras()
        virtual = _names([name for name in cameras if is_virtual_camera(name)])
        names = _names([name for name in cameras if not is_virtual_camera(name)])
        if not names.en:
            found = Text("No camera was found.", "未找到摄像头。")
            if virtual.en:
                found = Text(f"Virtual cameras only: {virtual.en}", f"只有虚拟摄像头：{virtual.zh}")
            return self.blocked(
                found,
                Text("Plug in or switch on a camera, then check again.", "请连接或启用摄像头后重新检测。"),
            )
        forbidden = self.privacy("webcam", Text("Camera", "相机"))
        if forbidden is not None:
            return forbidden
        try:
            frame = self.devices.frame()
        except Unanswered as why:
            return self.unknown(
                Text(f"{names.en}; no picture: {why.reason.en}", f"{names.zh}；未取得画面：{why.reason.zh}"),
                Text(
                    "Close programs that use the camera, and look at its picture in another program.",
                    "请关闭正在使用摄像头的程序，并用其他程序查看画面是否正常。",
                ),
            )
        return self._of_frame(names, frame) if not virtual.en else self._beside(names, virtual)

    def _beside(self, names: Text, virtual: Text) -> Finding:
        """Finding if there are virtual cameras too: whose picture was taken is not known."""
        return self.warned(
            Text(f"{names.en}; also virtual: {virtual.en}", f"{names.zh}；另有虚拟摄像头：{virtual.zh}"),
            Text(
                "Quit or uninstall the virtual camera; choose the real one in the interview.",
                "请退出或卸载虚拟摄像头软件；面试时须选择真实摄像头。",
            ),
        )

    def _of_frame(self, names: Text, frame: Frame) -> Finding:
        size = f"{frame.width} × {frame.height}"
        if frame.mean < _DARK_MEAN and frame.brightest < _DARK_BRIGHTEST:
            return self.warned(
                Text(f"{names.en}, {size}: the picture is black", f"{names.zh}，{size}：画面全黑"),
                Text(
                    "Open the lens cover, switch on the light, then check again.",
                    "请打开镜头盖或遮挡片、开灯后重新检测。",
                ),
            )
        return self.passed(Text(f"{names.en}, {size}", f"{names.zh}，{size}"))


@dataclass(frozen=True)
class MicrophoneCheck(_DeviceCheck):
    """A microphone is present and permitted, and its signal is not silent."""

    key = "microphone"
    name = Text("Microphone", "麦克风")

    def run(self) -> Finding:
        """Query microphones and privacy settings, then record for a second; it is not kept."""
        names = _names(self.devices.microphones())
        if not names.en:
            return self.blocked(
                Text("No microphone was found.", "未找到麦克风。"),
                Text(
                    "Plug in or switch on a microphone, then check again.", "请连接或启用麦克风后重新检测。"
                ),
            )
        forbidden = self.privacy("microphone", Text("Microphone", "麦克风"))
        if forbidden is not None:
            return forbidden
        try:
            level = self.devices.level()
        except Unanswered as why:
            return self.unknown(
                Text(
                    f"{names.en}; nothing recorded: {why.reason.en}", f"{names.zh}；未能录音：{why.reason.zh}"
                ),
                Text(
                    "Close programs that use the microphone, then check again.",
                    "请关闭正在使用麦克风的程序后重新检测。",
                ),
            )
        return self._of_level(names, level)

    def _of_level(self, names: Text, level: Level) -> Finding:
        percent = f"{level.rms * 100:.1f} %"
        if level.peak <= _SILENT_PEAK:
            return self.warned(
                Text(f"{names.en}: complete silence", f"{names.zh}：完全无声"),
                Text(
                    "Unmute the microphone and raise its level, speak while checking again.",
                    "请取消麦克风静音并调高音量，对着麦克风说话并重新检测。",
                ),
            )
        if level.rms < _QUIET_RMS:
            return self.warned(
                Text(f"{names.en}: very quiet ({percent})", f"{names.zh}：音量很小（{percent}）"),
                Text(
                    "Speak while checking again; raise the level.",
                    "请对着麦克风说话并重新检测；必要时调高音量。",
                ),
            )
        return self.passed(Text(f"{names.en}, level {percent}", f"{names.zh}，音量 {percent}"))
