"""Checks for the software in the charter's catalogue, one for each of its roles, and antivirus beyond it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, ClassVar, FrozenSet, Iterator, List, Sequence, Tuple

from oneseat.client.health.check import Check, Finding, listed
from oneseat.client.health.probes import Installed, Program, SoftwareInventory, SoftwareProbe
from signing.charter import Software, is_short_latin
from signing.text import Text, legible

ANTIVIRUS, CHAT, REMOTE, CAMERA, CAPTURE = "antivirus", "chat", "remote", "camera", "capture"
_BLOCK = "block"
_SERVICES_SESSION = 0
"""Since Windows Vista only services run in session 0."""
_SUFFIX = re.compile(r"\.(exe|mui)$", re.IGNORECASE)


@dataclass(frozen=True)
class Trace:
    """Evidence of one software: what was seen, and whether it counts by itself."""

    software: Software
    seen: Text
    counts: bool = True


def bare_name(name: str) -> str:
    """Normalise a program's name as in the catalogue: without ``.exe`` or ``.exe.mui``, case-folded."""
    bare = name.strip()
    while _SUFFIX.search(bare):
        bare = _SUFFIX.sub("", bare)
    return bare.casefold()


def _names(names: Sequence[str]) -> FrozenSet[str]:
    return frozenset(bare_name(name) for name in names)


def is_entry_of(entry: Installed, wanted: Sequence[str]) -> bool:
    """Whether an entry of Programs and Features matches one of ``wanted``.

    The key or the displayed name must be equal, or the displayed name must begin with it ("… 16.0",
    "… 极速版"), but not end in the middle of a Latin word. A short Latin name is no prefix.
    """
    key, shown = entry.key.casefold(), entry.name.strip().casefold()
    for name in (text.casefold() for text in wanted):
        following = shown[len(name) : len(name) + 1]
        cuts_word = following.isascii() and following.isalpha() and name[-1:].isascii()
        is_prefix = shown.startswith(name) and not cuts_word and not is_short_latin(name)
        if name in (key, shown) or is_prefix:
            return True
    return False


def traces(
    catalogue: Sequence[Software],
    inventory: SoftwareInventory,
    roles: Sequence[str],
    service_file_exists: Callable[[str], bool],
) -> Iterator[Trace]:
    """Yield every trace of the catalogue's software of some roles.

    What runs counts, except a chat program in another account's session. A scanner also counts if it is
    installed: a removable entry of Programs and Features, or a stopped service whose file is on the disk.
    Remnants of a scanner are listed but do not count.
    """
    for software in catalogue:
        role = software.role
        if role not in roles:
            continue
        yield from _running(software, inventory)
        services = frozenset(name.casefold() for name in software.services)
        for service in inventory.services:
            if service.name.casefold() not in services:
                continue
            if service.running:
                yield Trace(software, Text(f"service {service.name}", f"服务 {service.name}"))
            elif role == ANTIVIRUS:
                yield _stopped_service(software, service.name, service_file_exists(service.name))
        if role == ANTIVIRUS:
            for entry in inventory.installed:
                if is_entry_of(entry, software.uninstall):
                    yield _entry(software, entry)


def _stopped_service(software: Software, name: str, file_exists: bool) -> Trace:
    if file_exists:
        return Trace(software, Text(f"service {name}, stopped", f"服务 {name}（未运行）"))
    return Trace(
        software,
        Text(f"service {name}, whose file is gone", f"服务 {name}（程序文件已不存在）"),
        counts=False,
    )


def _entry(software: Software, entry: Installed) -> Trace:
    shown = legible(entry.name) or legible(entry.key)
    if entry.name.strip() and entry.removable:
        return Trace(software, Text(f"installed: {shown}", f"已安装：{shown}"))
    return Trace(software, Text(f"remnant of an entry: {shown}", f"残留的安装记录：{shown}"), counts=False)


def _running(software: Software, inventory: SoftwareInventory) -> Iterator[Trace]:
    wanted = _names(software.processes)
    reported = set()
    for program in inventory.programs:
        by_name, by_origin = (
            bare_name(program.file_name) in wanted,
            bare_name(program.original_name) in wanted,
        )
        if not (by_name or by_origin):
            continue
        trace = Trace(
            software,
            _program(program, inventory.own_session, renamed=not by_name),
            _counts(software, program, inventory),
        )
        if trace.seen not in reported:
            reported.add(trace.seen)
            yield trace


def _counts(software: Software, program: Program, inventory: SoftwareInventory) -> bool:
    return software.role != CHAT or program.session in (inventory.own_session, _SERVICES_SESSION)


def _program(program: Program, own_session: int, *, renamed: bool) -> Text:
    really = Text("", "")
    if renamed:
        original = legible(program.original_name)
        really = Text(f" (really {original})", f"（实为 {original}）")
    if program.session == own_session:
        where = Text("", "")
    elif program.session == _SERVICES_SESSION:
        where = Text(", as a service", "，以服务方式运行")
    else:
        where = Text(", in another account's session", "，在其他用户的会话中")
    name = legible(program.file_name)
    return Text(
        f"running: {name}{really.en}{where.en}",
        f"正在运行：{name}{really.zh}{where.zh}",
    )


def _by_software(evidence: Sequence[Trace]) -> Text:
    """Group the evidence by software."""
    parts: List[Text] = []
    for name in dict.fromkeys(trace.software.name for trace in evidence):
        seen = listed(trace.seen for trace in evidence if trace.software.name == name)
        parts.append(Text(f"{name} ({seen.en})", f"{name}（{seen.zh}）"))
    return listed(parts)


@dataclass(frozen=True)
class _SoftwareCheck(Check):
    """Base class. ``roles`` are those of the catalogue that a check looks for."""

    roles: ClassVar[Tuple[str, ...]]
    clear: ClassVar[Text]
    remedy: ClassVar[Text]
    forbids = True
    elsewhere: ClassVar[Text] = Text("Log the other account out.", "请注销其他用户的登录。")

    software: SoftwareProbe
    catalogue: Tuple[Software, ...]

    def run(self) -> Finding:
        """Compare running and installed software with the catalogue."""
        if not self.is_named_by(self.catalogue) and ANTIVIRUS not in self.roles:
            return self.passed(Text("This exam names none.", "本次考试未作要求。"))
        inventory = self.inventory()
        seen = list(traces(self.catalogue, inventory, self.roles, self.software.service_file_exists))
        if any(trace.counts and trace.software.action == _BLOCK for trace in seen):
            return self.blocked(_by_software(seen), self.remedy)
        if any(trace.counts for trace in seen):
            return self.warned(_by_software(seen), self.remedy)
        if seen:
            return self.warned(_by_software(seen), self.elsewhere)
        return self.nothing_listed(inventory)

    @classmethod
    def is_named_by(cls, catalogue: Sequence[Software]) -> bool:
        """Whether a catalogue has software of these roles."""
        return any(software.role in cls.roles for software in catalogue)

    def inventory(self) -> SoftwareInventory:
        """What the role looks at: programs and services that run."""
        return self.software.running()

    def nothing_listed(self, _: SoftwareInventory) -> Finding:
        """Finding if there is no trace of the catalogue's software."""
        return self.passed(self.clear)


@dataclass(frozen=True)
class AntivirusCheck(_SoftwareCheck):
    """No virus scanner: those in the catalogue block or warn, others warn, Windows Defender passes."""

    key = "antivirus"
    name = Text("Antivirus software", "杀毒软件")
    roles = (ANTIVIRUS,)
    clear = Text("None but Windows' own.", "除 Windows 自带的以外，未发现其他杀毒软件。")
    remedy = Text(
        "Uninstall it by its own uninstaller (Control Panel, Programs and Features), restart, check again.",
        "请在“控制面板 → 程序和功能”中用其自带的卸载程序卸载，重启电脑后重新检测；考试结束前不要重新安装。",
    )
    elsewhere = Text(
        "Probably what an uninstaller left. It keeps you from nothing; if the program is still installed, "
        "uninstall it.",
        "应为卸载后的残留，不影响安装和进入考场；如该软件确实仍在本机，请将其卸载。",
    )

    def inventory(self) -> SoftwareInventory:
        """What runs, and what is installed."""
        return self.software.inventory()

    def nothing_listed(self, inventory: SoftwareInventory) -> Finding:
        """Warn of scanners that registered with Windows but are not in the catalogue."""
        if not inventory.scanners:
            return self.passed(self.clear)
        scanners = [legible(name) for name in inventory.scanners]
        return self.warned(
            Text(
                f"Registered with Windows: {', '.join(scanners)}",
                f"已在系统中注册：{'、'.join(scanners)}",
            ),
            Text(
                "It may disturb the interview: uninstall it, or try it out in the mock interview.",
                "该软件可能影响面试：建议卸载，或在模拟面试中确认不受影响。",
            ),
        )


@dataclass(frozen=True)
class ChatCheck(_SoftwareCheck):
    """No chat program of the catalogue is running."""

    key = "chat"
    name = Text("Chat programs", "聊天软件")
    roles = (CHAT,)
    clear = Text("None of those named is running.", "指定的聊天软件均未运行。")
    remedy = Text(
        "Quit it, at the notification area too, then check again.",
        "请退出该软件（包括任务栏右下角的图标）后重新检测。",
    )


@dataclass(frozen=True)
class RemoteToolsCheck(_SoftwareCheck):
    """No remote control program of the catalogue is running, in any session."""

    key = "remote-tools"
    name = Text("Remote control programs", "远程控制软件")
    roles = (REMOTE,)
    clear = Text("None of those named is running.", "指定的远程控制软件均未运行。")
    remedy = Text(
        "Quit it; where it runs as a service, uninstall it. Then check again.",
        "请退出该软件；如以服务方式运行，请将其卸载，然后重新检测。",
    )


@dataclass(frozen=True)
class CaptureToolsCheck(_SoftwareCheck):
    """No virtual camera and no program that captures the screen is running."""

    key = "capture-tools"
    name = Text("Screen capture and virtual cameras", "截屏录屏和虚拟摄像头软件")
    roles = (CAMERA, CAPTURE)
    clear = Text("None of those named is running.", "指定的截屏、录屏和虚拟摄像头软件均未运行。")
    remedy = Text(
        "Quit it, at the notification area too, then check again.",
        "请退出该软件（包括任务栏右下角的图标）后重新检测。",
    )
