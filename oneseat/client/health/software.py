"""Virus scanners, chat programs and remote tools, by the charter's catalogue."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, FrozenSet, Iterator, List, Sequence, Tuple

from oneseat.client.health.check import Check, Finding, legible, listed
from oneseat.client.health.probes import Installed, Program, SoftwareFound, SoftwareProbe
from signing.charter import Software
from signing.text import Text

ANTIVIRUS, CHAT, REMOTE = "antivirus", "chat", "remote"
_BLOCK = "block"
_SERVICES_SESSION = 0
"""Since Windows Vista services have session 0 to themselves."""
_SUFFIX = re.compile(r"\.(exe|mui)$", re.IGNORECASE)


@dataclass(frozen=True)
class Trace:
    """One trace of one piece of software: what was seen, and whether it stands in the way by itself."""

    software: Software
    seen: Text
    counts: bool = True


def _bare(name: str) -> str:
    """A program's name as the catalogue gives it: without ``.exe`` (or ``.exe.mui``), in one case."""
    bare = name.strip()
    while _SUFFIX.search(bare):
        bare = _SUFFIX.sub("", bare)
    return bare.casefold()


def _names(names: Sequence[str]) -> FrozenSet[str]:
    return frozenset(_bare(name) for name in names)


def is_entry_of(entry: Installed, wanted: Sequence[str]) -> bool:
    """Whether an entry of Programs and Features is one of ``wanted``.

    By its key; or by its name, which may go on after the one that is wanted ("… 16.0", "… 极速版")
    but not in the middle of a Latin word.
    """
    key, shown = entry.key.casefold(), entry.name.strip().casefold()
    for name in (text.casefold() for text in wanted):
        following = shown[len(name) : len(name) + 1]
        cuts_word = following.isascii() and following.isalpha() and name[-1:].isascii()
        if key == name or (shown.startswith(name) and not cuts_word):
            return True
    return False


def traces(catalogue: Sequence[Software], found: SoftwareFound, role: str) -> Iterator[Trace]:
    """Every trace of the catalogue's software of one role.

    A scanner counts as soon as it is installed, the others only while they run; a chat program that runs
    in another account's session is named without standing in the way.
    """
    for software in catalogue:
        if software.role != role:
            continue
        yield from _running(software, found)
        services = frozenset(name.casefold() for name in software.services)
        for service in found.services:
            if service.name.casefold() in services and (service.running or role == ANTIVIRUS):
                yield Trace(software, Text(f"service {service.name}", f"服务 {service.name}"))
        if role == ANTIVIRUS:
            for entry in found.installed:
                if is_entry_of(entry, software.uninstall):
                    shown = legible(entry.name) or legible(entry.key)
                    yield Trace(software, Text(f"installed: {shown}", f"已安装：{shown}"))


def _running(software: Software, found: SoftwareFound) -> Iterator[Trace]:
    wanted = _names(software.processes)
    said = set()
    for program in found.programs:
        by_name, by_origin = _bare(program.file_name) in wanted, _bare(program.original_name) in wanted
        if not (by_name or by_origin):
            continue
        trace = Trace(
            software,
            _program(program, found.own_session, renamed=not by_name),
            _counts(software, program, found),
        )
        if trace.seen not in said:
            said.add(trace.seen)
            yield trace


def _counts(software: Software, program: Program, found: SoftwareFound) -> bool:
    return software.role != CHAT or program.session in (found.own_session, _SERVICES_SESSION)


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


def _by_software(found: Sequence[Trace]) -> Text:
    """The evidence, software by software."""
    parts: List[Text] = []
    for name in dict.fromkeys(trace.software.name for trace in found):
        seen = listed(trace.seen for trace in found if trace.software.name == name)
        parts.append(Text(f"{name} ({seen.en})", f"{name}（{seen.zh}）"))
    return listed(parts)


@dataclass(frozen=True)
class _SoftwareCheck(Check):
    """What is common to the three roles."""

    role: ClassVar[str]
    clear: ClassVar[Text]
    remedy: ClassVar[Text]
    forbids = True
    elsewhere: ClassVar[Text] = Text("Log the other account out.", "请注销其他用户的登录。")

    software: SoftwareProbe
    catalogue: Tuple[Software, ...]

    def run(self) -> Finding:
        """Hold what runs and what is installed against the catalogue."""
        if not any(one.role == self.role for one in self.catalogue) and self.role != ANTIVIRUS:
            return self.passed(Text("This exam names none.", "本次考试未作要求。"))
        found = self.software.found()
        seen = list(traces(self.catalogue, found, self.role))
        if any(trace.counts and trace.software.action == _BLOCK for trace in seen):
            return self.blocked(_by_software(seen), self.remedy)
        if any(trace.counts for trace in seen):
            return self.warned(_by_software(seen), self.remedy)
        if seen:
            return self.warned(_by_software(seen), self.elsewhere)
        return self.nothing_named(found)

    def nothing_named(self, _: SoftwareFound) -> Finding:
        """What to say where nothing of the catalogue was found."""
        return self.passed(self.clear)


@dataclass(frozen=True)
class AntivirusCheck(_SoftwareCheck):
    """Scanners that the notice names block, others warn, Windows' own never."""

    key = "antivirus"
    name = Text("Antivirus software", "杀毒软件")
    role = ANTIVIRUS
    clear = Text("None but Windows' own.", "除 Windows 自带的以外，未发现其他杀毒软件。")
    remedy = Text(
        "Uninstall it by its own uninstaller (Control Panel, Programs and Features), restart, check again.",
        "请在“控制面板 → 程序和功能”中用其自带的卸载程序卸载，重启电脑后重新检测；考试结束前不要重新安装。",
    )

    def nothing_named(self, found: SoftwareFound) -> Finding:
        """Scanners that registered with Windows and stand in no catalogue."""
        if not found.scanners:
            return self.passed(self.clear)
        scanners = [legible(name) for name in found.scanners]
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
    """Chat programs that the notice wants closed."""

    key = "chat"
    name = Text("Chat programs", "聊天软件")
    role = CHAT
    clear = Text("None of those named is running.", "指定的聊天软件均未运行。")
    remedy = Text(
        "Quit it, at the notification area too, then check again.",
        "请退出该软件（包括任务栏右下角的图标）后重新检测。",
    )


@dataclass(frozen=True)
class RemoteToolsCheck(_SoftwareCheck):
    """Remote control programs that the notice wants closed, in whatever session they run."""

    key = "remote-tools"
    name = Text("Remote control programs", "远程控制软件")
    role = REMOTE
    clear = Text("None of those named is running.", "指定的远程控制软件均未运行。")
    remedy = Text(
        "Quit it; where it runs as a service, uninstall it. Then check again.",
        "请退出该软件；如以服务方式运行，请将其卸载，然后重新检测。",
    )
