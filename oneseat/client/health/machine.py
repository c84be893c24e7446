"""Checks for remote sessions and virtual machines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator, List, Optional

from oneseat.client.health.check import Check, Finding, listed
from oneseat.client.health.probes import DisplayProbe, Hardware, SystemProbe
from signing.text import Text, legible

_PROTOCOLS = {1: "ICA (Citrix)", 2: "RDP"}

_MAKERS = (
    ("vmware", "VMware"),
    ("virtualbox", "VirtualBox"),
    ("innotek gmbh", "VirtualBox"),
    ("qemu", "QEMU"),
    ("bochs", "Bochs"),
    ("seabios", "QEMU"),
    ("kvm", "KVM"),
    ("xen", "Xen"),
    ("hvm domu", "Xen"),
    ("parallels", "Parallels"),
    ("bhyve", "bhyve"),
    ("openstack", "OpenStack"),
    ("ovirt", "oVirt"),
    ("alibaba cloud", "Alibaba Cloud"),
    ("tencent cloud", "Tencent Cloud"),
    ("amazon ec2", "Amazon EC2"),
    ("google compute engine", "Google Cloud"),
    ("virtual machine", "Hyper-V"),
)
"""Words of firmware texts in virtual machines (in lower case), and the product.

Sources: systemd's ``detect-virt`` and the firmware of these products.
"""
_DRIVERS = {
    "vboxguest": "VirtualBox",
    "vboxservice": "VirtualBox",
    "vboxsf": "VirtualBox",
    "vboxmouse": "VirtualBox",
    "vmtools": "VMware",
    "vmhgfs": "VMware",
    "vmmouse": "VMware",
    "vm3dmp": "VMware",
    "qemu-ga": "QEMU",
    "vioscsi": "virtio",
    "viostor": "virtio",
    "netkvm": "virtio",
    "xenbus": "Xen",
    "xennet": "Xen",
    "xenvbd": "Xen",
    "prl_tg": "Parallels",
    "prl_tools": "Parallels",
}
"""Drivers and services that run only inside a virtual machine, not on a host.

Hyper-V's (``vmic…``) may run on its hosts too; its guests are known by their firmware.
"""
_ITS_OWN = "Microsoft Hv"
"""Hyper-V's signature. Windows with virtualization-based security also runs on it, so it is no sign."""


@dataclass(frozen=True)
class RemoteSessionCheck(Check):
    """The session is local, not remote."""

    key = "remote-session"
    name = Text("Remote desktop", "远程桌面")
    forbids = True

    displays: DisplayProbe

    def run(self) -> Finding:
        """Query the system metric and the terminal services."""
        session = self.displays.remote_session()
        signs = []
        if session.metric:
            signs.append(Text("Windows reports a remote session", "Windows 报告当前为远程会话"))
        if session.protocol:
            protocol = _PROTOCOLS.get(session.protocol, str(session.protocol))
            signs.append(Text(f"connected by {protocol}", f"连接方式为 {protocol}"))
        if not signs:
            return self.passed(Text("You sit at this computer.", "当前为本机登录。"))
        return self.blocked(
            listed(signs),
            Text(
                "Log out there, and log in at the computer itself.",
                "请断开远程桌面，在本机键盘和屏幕前登录。",
            ),
        )


@dataclass(frozen=True)
class VirtualMachineCheck(Check):
    """No sign of a virtual machine; Windows' own hypervisor is none."""

    key = "virtual-machine"
    name = Text("Virtual machine", "虚拟机检测")

    system: SystemProbe

    def run(self) -> Finding:
        """List the signs of a virtual machine."""
        signs = list(virtual_machine_signs(self.system.hardware()))
        if not signs:
            return self.passed(Text("No sign of a virtual machine.", "未发现虚拟机迹象。"))
        return self.warned(
            listed(signs),
            Text(
                "Take the interview on a real computer, not in a virtual machine.",
                "请在真实电脑上参加面试，不要使用虚拟机。",
            ),
        )


def _product(firmware: str) -> Optional[str]:
    """Product whose words a firmware text has; "MAXENT" has no word "xen"."""
    for words, product in _MAKERS:
        if re.search(rf"(?<![a-z]){words}(?![a-z])", firmware.casefold()):
            return product
    return None


def virtual_machine_signs(hardware: Hardware) -> Iterator[Text]:
    """Yield each sign of a virtual machine in firmware, hypervisor and running drivers."""
    for field, value in sorted(hardware.firmware.items()):
        product = _product(value)
        if product is not None:
            text = legible(value)
            yield Text(f"firmware ({field}): {text}", f"固件信息（{field}）：{text}")
    hypervisor = legible(hardware.hypervisor or "")
    if hypervisor and hypervisor != _ITS_OWN:
        yield Text(f"hypervisor: {hypervisor}", f"虚拟化层：{hypervisor}")
    guests: List[str] = sorted({name for name in hardware.running if name.casefold() in _DRIVERS})
    for name in guests:
        product = _DRIVERS[name.casefold()]
        yield Text(f"{product} driver or service: {name}", f"{product} 驱动或服务：{name}")
