"""Checks of the Windows version, second systems, memory and disk space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence

from oneseat.client.health.check import Check, Finding, listed
from oneseat.client.health.probes import Boot, SystemProbe, WindowsVersion
from oneseat.client.local.installer_findings import BootFinding
from signing.charter import Requirements
from signing.text import Text, legible

GIB = 1024**3
"""What Windows calls a GB."""
_FIRST_BUILD_OF_11 = 22000
"""Windows 11 calls itself 10.0; its builds begin here (Microsoft, "Windows 11 release information")."""
_NAMES = {(6, 0): "Vista", (6, 1): "7", (6, 2): "8", (6, 3): "8.1"}
_APPLE = "apple"


def windows_name(version: WindowsVersion) -> str:
    """The name that charters use: ``7``, ``10``, ``11``; for servers ``Server`` and a number."""
    number = f"{version.major}.{version.minor}"
    if version.is_server:
        return f"Server {number}"
    if version.major == 10:
        return "11" if version.build >= _FIRST_BUILD_OF_11 else "10"
    return _NAMES.get((version.major, version.minor), number)


def gigabytes(amount_bytes: int) -> str:
    """Format an amount as Windows does, to one decimal, rounded down: 19.99 GB is short of 20."""
    return f"{amount_bytes * 10 // GIB / 10:.1f} GB"


@dataclass(frozen=True)
class WindowsCheck(Check):
    """A 64-bit Windows that the exam allows; Windows 7 with its service pack."""

    key = "windows"
    name = Text("Windows version", "Windows 版本")
    forbids = True

    system: SystemProbe
    requirements: Requirements

    def run(self) -> Finding:
        """Compare the Windows version with the charter's list."""
        version = self.system.version()
        name, allowed = windows_name(version), self.requirements.windows
        seen = Text(
            f"Windows {name}, {'64' if version.is_64bit else '32'}-bit, build {version.build}",
            f"Windows {name}，{'64' if version.is_64bit else '32'} 位，内部版本 {version.build}",
        )
        if name not in allowed or not version.is_64bit:
            return self.blocked(
                seen,
                Text(
                    f"Use a computer with 64-bit Windows {' or '.join(allowed)}.",
                    f"请更换为安装 64 位 Windows {' 或 '.join(allowed)} 的电脑。",
                ),
            )
        if name == "7" and version.service_pack < 1:
            return self.blocked(
                Text(f"{seen.en}, no Service Pack", f"{seen.zh}，未安装 Service Pack"),
                Text("Install Service Pack 1 of Windows 7.", "请安装 Windows 7 Service Pack 1。"),
            )
        return self.passed(seen)


@dataclass(frozen=True)
class DualBootCheck(Check):
    """Windows is the only system, and the computer is no Mac."""

    key = "dual-boot"
    name = Text("Second system", "双系统检测")
    forbids = True

    system: SystemProbe
    installer: Optional[BootFinding] = None

    def run(self) -> Finding:
        """Judge the boot menu, which is proof, and partitions and drives, which are signs only.

        Where this account cannot read the menu, what the elevated installer read is judged.
        """
        boot = self.system.boot()
        if boot.maker.casefold().startswith(_APPLE):
            return self.blocked(
                Text(f"This is a Mac ({legible(boot.maker)}).", f"本机为苹果电脑（{legible(boot.maker)}）。"),
                Text("Macs are not allowed: use a Windows PC.", "不能使用苹果电脑，请更换为 Windows 电脑。"),
            )
        signs = _signs(boot)
        several = self._several_systems(boot, signs)
        if several is not None:
            return several
        if signs:
            return self.warned(
                listed(signs),
                Text(
                    "If another system is installed there, remove it or use another computer.",
                    "如其中装有另一个系统，请移除或更换电脑；仅作数据盘使用则无需处理。",
                ),
            )
        return self._one_system(boot)

    def _several_systems(self, boot: Boot, signs: Sequence[Text]) -> Optional[Finding]:
        """Finding if the boot menu has several systems now or, where it cannot be read, at installation."""
        if boot.systems is not None:
            if len(boot.systems) < 2:
                return None
            return self.blocked(listed([_menu(len(boot.systems), boot.systems), *signs]), _REMOVE)
        if self.installer is None or self.installer.count < 2:
            return None
        menu = _menu(self.installer.count, self.installer.systems)
        seen = Text(f"At installation: {menu.en}", f"安装时检测：{menu.zh}")
        remedy = Text(f"{_REMOVE.en} {_AS_ADMINISTRATOR.en}", f"{_REMOVE.zh}{_AS_ADMINISTRATOR.zh}")
        return self.blocked(listed([seen, *signs]), remedy)

    def _one_system(self, boot: Boot) -> Finding:
        if boot.systems is not None:
            return self.passed(Text("The boot menu has one system.", "启动菜单只有一个系统。"))
        if self.installer is not None:
            return self.passed(
                Text("At installation the boot menu had one system.", "安装时检测，启动菜单只有一个系统。")
            )
        return self.unknown(
            Text(
                "No sign of another system; only an administrator can read the boot menu.",
                "未发现其他系统的迹象；启动菜单需管理员权限才能读取。",
            ),
            Text(
                "Restart once: if the computer asks which system to start, remove the other one.",
                "请重启一次电脑：如开机时要求选择系统，请移除另一个系统。",
            ),
        )


_REMOVE = Text(
    "Two systems are not allowed: remove the other one, or use another computer.",
    "不能使用双系统：请移除另一个系统，或更换电脑。",
)
_AS_ADMINISTRATOR = Text(
    "If it is removed already: close this program, right-click its icon, run it as administrator, and check "
    "again.",
    "如已移除：请关闭本程序，右键点击其图标，选择“以管理员身份运行”后重新检测。",
)


def _menu(count: int, names: Sequence[str]) -> Text:
    entries = [legible(name) for name in names]
    return Text(
        f"The boot menu has {count} systems: {', '.join(entries)}",
        f"启动菜单有 {count} 个系统：{'、'.join(entries)}",
    )


def _signs(boot: Boot) -> List[Text]:
    signs = [Text(f"a partition of {kind}", f"{kind} 分区") for kind in boot.partitions]
    return signs + [
        Text(f"another Windows on {drive}", f"{drive} 上有另一个 Windows") for drive in boot.other_windows
    ]


@dataclass(frozen=True)
class MemoryCheck(Check):
    """Enough memory: installed, whatever firmware reserves of it; or usable, where firmware is silent."""

    key = "memory"
    name = Text("Memory", "内存")

    system: SystemProbe
    requirements: Requirements

    def run(self) -> Finding:
        """Compare usable and free memory with the requirements."""
        memory, need = self.system.memory(), self.requirements
        installed, usable, free = memory.installed_bytes, memory.usable_bytes, memory.free_bytes
        total = Text(f"{gigabytes(usable)} usable", f"可用容量 {gigabytes(usable)}")
        if installed is not None:
            total = Text(
                f"{gigabytes(installed)} installed, {total.en}", f"已安装 {gigabytes(installed)}，{total.zh}"
            )
        seen = Text(f"{total.en}, {gigabytes(free)} free now", f"{total.zh}，当前空闲 {gigabytes(free)}")
        is_installed = installed is not None and installed >= need.memory_gib * GIB
        if not is_installed and usable < need.memory_usable_gib * GIB:
            return self.blocked(
                seen,
                Text(
                    f"{need.memory_gib:g} GB of memory are needed: add memory, or use another computer.",
                    f"内存须达到 {need.memory_gib:g} GB：请加装内存或更换电脑。",
                ),
            )
        if free < need.memory_free_gib * GIB:
            return self.warned(
                seen,
                Text(
                    f"{need.memory_free_gib:g} GB should be free: close other programs, then check again.",
                    f"空闲内存应不少于 {need.memory_free_gib:g} GB：请关闭其他程序后重新检测。",
                ),
            )
        return self.passed(seen)


@dataclass(frozen=True)
class DiskCheck(Check):
    """Enough free space on drive C:."""

    key = "disk"
    name = Text("Space on drive C:", "C 盘空间")

    system: SystemProbe
    requirements: Requirements

    def run(self) -> Finding:
        """Compare the free space with the requirement."""
        free, need = self.system.free_on_c(), self.requirements.disk_free_gib
        seen = Text(f"{gigabytes(free)} free", f"剩余 {gigabytes(free)}")
        if free >= need * GIB:
            return self.passed(seen)
        return self.blocked(
            seen,
            Text(
                f"{need:g} GB are needed: move or delete files, empty the recycle bin, then check again.",
                f"须有 {need:g} GB 可用空间：请转移或删除文件、清空回收站后重新检测。",
            ),
        )
