"""Every check against recorded computers: what passes, warns, blocks, and what cannot be known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Dict, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.client.health import check as c
from oneseat.client.health import probes as p
from oneseat.client.health.browser import BrowserCheck
from oneseat.client.health.check import Unanswered
from oneseat.client.health.checklist import checks
from oneseat.client.health.examination import examine
from oneseat.client.health.machine import virtual_machine_signs
from oneseat.client.health.settings import RestartCheck
from oneseat.client.health.software import is_entry_of
from oneseat.client.health.system import windows_name
from oneseat.client.local.installer_findings import BootFinding
from signing.charter import Charter, ExamRoom, Software
from signing.text import Text
from tests import charters
from tests.client.health.recorded import (
    GIB,
    HARDWARE,
    TRIAL,
    USUAL_SOFTWARE,
    WINDOWS_10,
    Recorded,
    RecordedTrial,
    installed,
    running,
)

CATALOGUE = (
    Software("测试杀毒", "antivirus", "block", ("testav",), ("TestAVSvc",), ("TestAV", "测试杀毒")),
    Software("旁观杀毒", "antivirus", "warn", ("otherav",), (), ("MSC",)),
    Software("测试聊天", "chat", "block", ("TestChat",), (), ("TestChat",)),
    Software("测试远控", "remote", "block", ("TestRemote",), ("TestRemoteService",), ("TestRemote",)),
    Software("测试摄像头", "camera", "warn", ("TestCam",), (), ()),
    Software("测试录屏", "capture", "block", ("TestCapture",), (), ()),
)


OWN_ROOM = ExamRoom("https://room.example/enter", "", "oneseat", "https://room.example")


def charter(**changes: Any) -> Charter:
    return replace(charters.charter(), catalogue=CATALOGUE, **{"exam_room": OWN_ROOM, **changes})


def browser(major: int, *policies: str, name: str = "Edge") -> p.Browser:
    return p.Browser(name, f"C:\\{name}.exe", (major, 0, 1, 2), policies)


def found(key: str, computer: Recorded, exam: Charter) -> c.Finding:
    one = next(check for check in checks(exam, computer.probes()) if check.key == key)
    return examine(one)


NEAR = charters.charter().formals[-1].ends
REASON = Unanswered(Text("recorded as silent", "记录为无应答"))

TABLE: Tuple[Tuple[str, Dict[str, Any], str, str], ...] = (
    ("windows", {}, "pass", "Windows 10，64 位，内部版本 19045"),
    ("windows", {"version": replace(WINDOWS_10, build=22631)}, "block", "Windows 11"),
    ("windows", {"version": replace(WINDOWS_10, is_64bit=False)}, "block", "32 位"),
    ("windows", {"version": replace(WINDOWS_10, is_server=True)}, "block", "Windows Server 10.0"),
    ("windows", {"version": p.WindowsVersion(6, 1, 7601, 1, True, False)}, "pass", "Windows 7"),
    ("windows", {"version": p.WindowsVersion(6, 1, 7600, 0, True, False)}, "block", "未安装 Service Pack"),
    ("windows", {"version": p.WindowsVersion(6, 3, 9600, 0, True, False)}, "block", "Windows 8.1"),
    ("dual-boot", {}, "pass", "启动菜单只有一个系统"),
    ("dual-boot", {"boot": p.Boot(("Windows 10", "Ubuntu"), (), (), "")}, "block", "Windows 10、Ubuntu"),
    ("dual-boot", {"boot": p.Boot(None, (), (), "Apple Inc.")}, "block", "苹果电脑"),
    ("dual-boot", {"boot": p.Boot(None, ("Linux",), (), "")}, "warn", "Linux 分区"),
    ("dual-boot", {"boot": p.Boot(("Windows 10",), (), ("D:",), "")}, "warn", "D: 上有另一个 Windows"),
    ("dual-boot", {"boot": p.Boot(None, (), (), "")}, "unknown", "需管理员权限"),
    ("memory", {}, "pass", "已安装 8.0 GB"),
    ("memory", {"memory": p.Memory(4 * GIB, 3700 * GIB // 1024, 2 * GIB)}, "pass", "可用容量 3.6 GB"),
    (
        "memory",
        {"memory": p.Memory(4 * GIB, 2900 * GIB // 1024, 2 * GIB)},
        "pass",
        "已安装 4.0 GB，可用容量 2.8 GB",
    ),
    ("memory", {"memory": p.Memory(4 * GIB - 1, int(3.4 * GIB), 2 * GIB)}, "block", "已安装 3.9 GB"),
    ("memory", {"memory": p.Memory(None, 2 * GIB, GIB)}, "block", "可用容量 2.0 GB"),
    ("memory", {"memory": p.Memory(None, 8 * GIB, GIB)}, "warn", "当前空闲 1.0 GB"),
    ("disk", {}, "pass", "剩余 100.0 GB"),
    ("disk", {"free_on_c": 20 * GIB}, "pass", "剩余 20.0 GB"),
    ("disk", {"free_on_c": 20 * GIB - 1}, "block", "剩余 19.9 GB"),
    ("screens", {}, "pass", "正在使用 1 个显示器：Built-in"),
    ("screens", {"screens": p.Screens(1, ("HDMI",), True)}, "pass", "HDMI"),
    ("screens", {"screens": p.Screens(2, ("Built-in", "HDMI"), True)}, "block", "2 个显示器"),
    ("screens", {"screens": p.Screens(2, (), False)}, "block", "2 个显示器"),
    ("screens", {"screens": p.Screens(1, (), False)}, "unknown", "是否另有复制屏无法检测"),
    ("remote-session", {}, "pass", "当前为本机登录"),
    ("remote-session", {"remote_session": p.RemoteSession(True, None)}, "block", "远程会话"),
    ("remote-session", {"remote_session": p.RemoteSession(False, 2)}, "block", "RDP"),
    ("remote-session", {"remote_session": p.RemoteSession(False, None)}, "pass", "本机登录"),
    ("virtual-machine", {}, "pass", "未发现虚拟机迹象"),
    ("virtual-machine", {"hardware": replace(HARDWARE, hypervisor="KVMKVMKVM")}, "warn", "KVMKVMKVM"),
    ("virtual-machine", {"hardware": replace(HARDWARE, hypervisor=None)}, "pass", "未发现虚拟机迹象"),
    (
        "virtual-machine",
        {"hardware": replace(HARDWARE, running=("VBoxGuest", "vmtools"))},
        "warn",
        "VirtualBox 驱动或服务：VBoxGuest；VMware 驱动或服务：vmtools",
    ),
    (
        "virtual-machine",
        {"hardware": replace(HARDWARE, running=("vmicheartbeat", "vmicshutdown"))},
        "pass",
        "未发现虚拟机迹象",
    ),
    (
        "virtual-machine",
        {"hardware": p.Hardware({"SystemManufacturer": "MAXENT"}, None, ())},
        "pass",
        "未发现",
    ),
    ("virtual-machine", {"hardware": p.Hardware({"SystemManufacturer": "Xen"}, None, ())}, "warn", "：Xen"),
    (
        "virtual-machine",
        {"hardware": p.Hardware({"SystemFamily": "VMware7,1"}, None, ())},
        "warn",
        "VMware7,1",
    ),
    (
        "virtual-machine",
        {"hardware": p.Hardware({"SystemManufacturer": "VMware, Inc."}, None, ())},
        "warn",
        "固件信息（SystemManufacturer）：VMware, Inc.",
    ),
    ("antivirus", {}, "pass", "未发现其他杀毒软件"),
    ("antivirus", {"inventory": running(("TESTAV.EXE", "", 1))}, "block", "测试杀毒（正在运行：TESTAV.EXE）"),
    (
        "antivirus",
        {"inventory": running(("a.exe", "TestAV.exe.mui", 1))},
        "block",
        "a.exe（实为 TestAV.exe.mui）",
    ),
    ("antivirus", {"inventory": running(("testav.exe", "", 3))}, "block", "在其他用户的会话中"),
    ("antivirus", {"inventory": running(("testav.exe", "", 0))}, "block", "以服务方式运行"),
    ("antivirus", {"inventory": running(("otherav.exe", "", 1))}, "warn", "旁观杀毒"),
    (
        "antivirus",
        {
            "inventory": replace(USUAL_SOFTWARE, services=(p.Service("testavsvc", running=False),)),
            "service_files": ("testavsvc",),
        },
        "block",
        "服务 testavsvc（未运行）",
    ),
    (
        "antivirus",
        {"inventory": replace(USUAL_SOFTWARE, services=(p.Service("testavsvc", running=False),))},
        "warn",
        "服务 testavsvc（程序文件已不存在）",
    ),
    (
        "antivirus",
        {"inventory": replace(USUAL_SOFTWARE, services=(p.Service("TestAVSvc", running=True),))},
        "block",
        "服务 TestAVSvc",
    ),
    (
        "antivirus",
        {"inventory": installed("{1-2}", "测试杀毒16.0", removable=True)},
        "block",
        "已安装：测试杀毒16.0",
    ),
    ("antivirus", {"inventory": installed("TestAV", "", removable=True)}, "warn", "残留的安装记录：TestAV"),
    ("antivirus", {"inventory": installed("{1-2}", "测试杀毒16.0")}, "warn", "残留的安装记录：测试杀毒16.0"),
    (
        "antivirus",
        {"inventory": installed("{1-2}", "MSC Adams 2020", removable=True)},
        "pass",
        "未发现其他杀毒",
    ),
    ("antivirus", {"inventory": installed("{1-2}", "MSC Nastran", removable=True)}, "pass", "未发现其他杀毒"),
    (
        "antivirus",
        {"inventory": installed("MSC", "某安全软件", removable=True)},
        "warn",
        "已安装：某安全软件",
    ),
    (
        "antivirus",
        {"inventory": replace(USUAL_SOFTWARE, scanners=("Avast",))},
        "warn",
        "已在系统中注册：Avast",
    ),
    ("chat", {}, "pass", "均未运行"),
    ("chat", {"inventory": running(("TestChat.exe", "", 1))}, "block", "正在运行：TestChat.exe"),
    ("chat", {"inventory": running(("game.exe", "TestChat.exe", 1))}, "block", "实为 TestChat.exe"),
    ("chat", {"inventory": running(("TestChat.exe", "", 2))}, "warn", "在其他用户的会话中"),
    (
        "chat",
        {"inventory": replace(USUAL_SOFTWARE, installed=(p.Installed("TestChat", "TestChat"),))},
        "pass",
        "均未运行",
    ),
    ("remote-tools", {}, "pass", "均未运行"),
    ("remote-tools", {"inventory": running(("TestRemote.exe", "", 2))}, "block", "在其他用户的会话中"),
    (
        "remote-tools",
        {"inventory": replace(USUAL_SOFTWARE, services=(p.Service("TestRemoteService", running=True),))},
        "block",
        "服务 TestRemoteService",
    ),
    (
        "remote-tools",
        {"inventory": replace(USUAL_SOFTWARE, services=(p.Service("TestRemoteService", running=False),))},
        "pass",
        "均未运行",
    ),
    ("capture-tools", {}, "pass", "均未运行"),
    ("capture-tools", {"inventory": running(("TestCam.exe", "", 1))}, "warn", "测试摄像头"),
    ("capture-tools", {"inventory": running(("TestCapture.exe", "", 1))}, "block", "测试录屏"),
    ("updates", {}, "pass", "组策略"),
    ("updates", {"updates": p.Updates(None, None, None, 4, None)}, "pass", "服务已禁用"),
    ("updates", {"updates": p.Updates(0, 2, None, 3, None)}, "pass", "询问"),
    ("updates", {"updates": p.Updates(None, None, 1, 3, None)}, "pass", "从不"),
    ("updates", {"updates": p.Updates(None, 4, 4, 3, None)}, "warn", "系统会自动更新"),
    ("updates", {"updates": p.Updates(None, None, None, 3, NEAR)}, "pass", "已暂停至"),
    (
        "updates",
        {"updates": p.Updates(None, None, None, 3, NEAR - timedelta(seconds=1))},
        "warn",
        "早于面试结束时间",
    ),
    ("restart", {}, "pass", "没有等待完成的重启"),
    ("restart", {"awaits_restart": True}, "warn", "须重启电脑后才能完成"),
    ("camera", {}, "pass", "Integrated Camera，640 × 480"),
    ("camera", {"cameras": ()}, "block", "未找到摄像头"),
    ("camera", {"cameras": ("OBS Virtual Camera",)}, "block", "只有虚拟摄像头：OBS Virtual Camera"),
    ("camera", {"cameras": ("e2eSoft VCam", "ManyCam Virtual Webcam")}, "block", "e2eSoft VCam、ManyCam"),
    ("camera", {"cameras": ("XSplit VCam", "HD Webcam")}, "warn", "HD Webcam；另有虚拟摄像头：XSplit VCam"),
    ("camera", {"denied": {"webcam": "machine"}}, "block", "本机"),
    ("camera", {"denied": {"webcam": "desktop apps"}}, "block", "桌面应用"),
    ("camera", {"denied": {"microphone": "account"}}, "pass", "Integrated Camera"),
    ("camera", {"frame": p.Frame(640, 480, 3.0, 20)}, "warn", "画面全黑"),
    ("camera", {"frame": p.Frame(640, 480, 3.0, 255)}, "pass", "640 × 480"),
    ("camera", {"frame": REASON}, "unknown", "未取得画面：记录为无应答"),
    ("microphone", {}, "pass", "音量 5.0 %"),
    ("microphone", {"microphones": ()}, "block", "未找到麦克风"),
    ("microphone", {"denied": {"microphone": "account"}}, "block", "当前用户"),
    ("microphone", {"level": p.Level(0.0, 0.0)}, "warn", "完全无声"),
    ("microphone", {"level": p.Level(0.01, 0.0005)}, "warn", "音量很小"),
    ("microphone", {"level": REASON}, "unknown", "未能录音：记录为无应答"),
    ("browser", {}, "pass", "Edge 120.0.2210.61"),
    ("browser", {"browsers": ()}, "block", "未安装 Edge 或 Chrome"),
    ("browser", {"browsers": (browser(93),)}, "block", "Edge 93.0.1.2 版本过旧，须为 94 或更高版本"),
    ("browser", {"browsers": (p.Browser("Edge", "C:\\e", ()),)}, "block", "Edge 版本过旧"),
    ("browser", {"browsers": (browser(93), browser(109, name="Chrome"))}, "pass", "Chrome 109.0.1.2"),
    (
        "browser",
        {"browsers": (browser(120, "ScreenCaptureAllowed"),)},
        "block",
        "管理策略（ScreenCaptureAllowed）不允许共享屏幕",
    ),
    (
        "browser",
        {"browsers": (browser(120, "UserDataDir"),)},
        "warn",
        "管理策略（UserDataDir）不允许使用考试专用的数据文件夹",
    ),
    (
        "browser",
        {"browsers": (browser(120, "VideoCaptureAllowed"), browser(119, name="Chrome"))},
        "pass",
        "Chrome 119",
    ),
    ("power", {}, "pass", "已接通电源；电池 100 %"),
    ("power", {"power": p.Power(False, True, 80)}, "warn", "正在使用电池；电池 80 %"),
    ("power", {"power": p.Power(True, False, None)}, "warn", "没有电池"),
    ("power", {"power": p.Power(True, True, 20)}, "warn", "电池 20 %"),
    ("power", {"power": p.Power(True, True, None)}, "pass", "有电池"),
    ("power", {"power": p.Power(None, True, 50)}, "unknown", "系统未报告"),
    ("sleep", {}, "pass", "均已设为“从不”"),
    ("sleep", {"sleep": p.Sleep(600, 0, 0, 30)}, "warn", "接通电源时熄屏：10 分钟；使用电池时睡眠：30 秒"),
    ("clock", {}, "pass", "比考生平台快 0.4 秒（误差 ± 0.1 秒）"),
    ("clock", {"clock": p.ClockReading(-61.0, 0.5)}, "warn", "比考生平台慢 61.0 秒"),
    ("clock", {"clock": p.ClockReading(61.0, 2.0)}, "pass", "61.0 秒"),
    ("clock", {"clock": p.ClockReading(8 * 3600.0, 0.1)}, "warn", "8.0 小时"),
    ("clock", {"clock": p.ClockReading(300.0, 0.1)}, "warn", "5 分钟"),
    ("clock", {"clock": p.ClockReading(-864000.0, 0.1)}, "warn", "10 天"),
    ("bandwidth", {}, "pass", "下行 50.0 Mbit/s，上行 20.0 Mbit/s"),
    ("bandwidth", {"speeds": p.Speeds(50.0, 3.9)}, "warn", "上行 3.9 Mbit/s"),
    ("bandwidth", {"speeds": p.Speeds(3.9, 50.0)}, "warn", "下行 3.9 Mbit/s"),
)


@pytest.mark.parametrize(("key", "changes", "status", "evidence"), TABLE)
def test_what_a_check_says_of_a_computer(
    key: str, changes: Dict[str, Any], status: str, evidence: str
) -> None:
    finding = found(key, Recorded(**changes), charter())
    assert finding.status == status, finding
    assert evidence in finding.evidence.zh
    assert finding.evidence.en
    assert bool(finding.remedy.zh and finding.remedy.en) == (status != c.PASS)


def test_every_check_has_a_passing_and_a_failing_computer_in_the_table() -> None:
    keys = {check.key for check in checks(charter(), Recorded().probes())}
    assert {key for key, _, status, _ in TABLE if status == c.PASS} == keys
    assert {key for key, _, status, _ in TABLE if status in (c.WARN, c.BLOCK)} == keys


FIELD = {
    "windows": "version",
    "dual-boot": "boot",
    "disk": "free_on_c",
    "virtual-machine": "hardware",
    "antivirus": "inventory",
    "chat": "inventory",
    "remote-tools": "inventory",
    "capture-tools": "inventory",
    "camera": "cameras",
    "microphone": "microphones",
    "bandwidth": "speeds",
    "restart": "awaits_restart",
    "browser": "browsers",
}


@pytest.mark.parametrize("key", sorted({key for key, *_ in TABLE}))
def test_what_does_not_answer_is_unknown_and_says_what_to_do(key: str) -> None:
    field = FIELD.get(key, key.replace("-", "_"))
    silent = found(key, Recorded(**{field: REASON}), charter())
    assert silent.status == c.UNKNOWN
    assert silent.evidence == Text(
        "Cannot be found out here: recorded as silent.", "无法检测：记录为无应答。"
    )
    assert silent.remedy.zh and silent.remedy.en
    broken = found(key, Recorded(**{field: ZeroDivisionError()}), charter())
    assert broken.status == c.UNKNOWN
    assert "ZeroDivisionError@recorded:" in broken.evidence.zh


@pytest.mark.parametrize(
    ("systems", "installer", "status", "evidence"),
    [
        (None, ("Windows 10",), "pass", "安装时检测，启动菜单只有一个系统"),
        (None, (), "pass", "只有一个系统"),
        (None, ("Windows 10", "Ubuntu"), "block", "安装时检测：启动菜单有 2 个系统：Windows 10、Ubuntu"),
        (("Windows 10",), ("Windows 10", "Ubuntu"), "pass", "启动菜单只有一个系统"),
        (("Windows 10", "Ubuntu"), ("Windows 10",), "block", "2 个系统"),
    ],
)
def test_the_installers_finding_counts_where_the_boot_menu_cannot_be_read(
    systems: Any, installer: Tuple[str, ...], status: str, evidence: str
) -> None:
    computer = Recorded(boot=p.Boot(systems, (), (), ""))
    finding = BootFinding(NEAR, installer, len(installer))
    listed = checks(charter(), computer.probes(), installer=finding)
    result = examine(next(check for check in listed if check.key == "dual-boot"))
    assert (result.status, evidence in result.evidence.zh) == (status, True), result


def test_windows_11_passes_where_the_exam_allows_it() -> None:
    exam = charter()
    exam = replace(exam, requirements=replace(exam.requirements, windows=("10", "11")))
    eleven = Recorded(version=replace(WINDOWS_10, build=22000))
    assert found("windows", eleven, exam).status == c.PASS


WINDOWS_7 = p.WindowsVersion(6, 1, 7601, 1, True, False)
WINDOWS_11 = replace(WINDOWS_10, build=22631)


@pytest.mark.parametrize(
    ("key", "changes", "version", "remedy"),
    [
        ("updates", {"updates": p.Updates(None, 4, 4, 3, None)}, WINDOWS_7, "控制面板 → Windows Update"),
        ("updates", {"updates": p.Updates(None, 4, 4, 3, None)}, WINDOWS_10, "设置 → 更新和安全"),
        ("updates", {"updates": p.Updates(None, 4, 4, 3, None)}, WINDOWS_11, "设置 → Windows 更新"),
        ("clock", {"clock": p.ClockReading(300.0, 0.1)}, WINDOWS_7, "控制面板 → 日期和时间"),
        ("clock", {"clock": p.ClockReading(300.0, 0.1)}, WINDOWS_10, "设置 → 时间和语言"),
        ("clock", {"clock": p.ClockReading(300.0, 0.1)}, REASON, "设置 → 时间和语言"),
        ("camera", {"denied": {"webcam": "machine"}}, WINDOWS_10, "设置 → 隐私 → 相机"),
        ("camera", {"denied": {"webcam": "machine"}}, WINDOWS_11, "设置 → 隐私和安全性 → 相机"),
    ],
)
def test_a_setting_is_named_as_this_windows_names_it(
    key: str, changes: Dict[str, Any], version: Any, remedy: str
) -> None:
    assert remedy in found(key, Recorded(version=version, **changes), charter()).remedy.zh


def test_several_screens_pass_where_the_exam_allows_them() -> None:
    exam = charter()
    exam = replace(exam, requirements=replace(exam.requirements, external_screens=True))
    assert found("screens", Recorded(screens=p.Screens(2, (), True)), exam).status == c.PASS


def test_an_exam_that_names_no_chat_programs_asks_for_none() -> None:
    finding = found("chat", Recorded(inventory=running(("TestChat.exe", "", 1))), charters.charter())
    assert (finding.status, finding.evidence.zh) == (c.PASS, "本次考试未作要求。")


def test_windows_own_scanner_never_counts() -> None:
    assert found("antivirus", Recorded(), charter()).status == c.PASS


def test_a_warning_beside_a_block_is_named_with_it() -> None:
    finding = found(
        "antivirus", Recorded(inventory=running(("testav.exe", "", 1), ("otherav.exe", "", 1))), charter()
    )
    assert finding.status == c.BLOCK
    assert "测试杀毒" in finding.evidence.zh and "旁观杀毒" in finding.evidence.zh


def test_one_program_that_runs_often_is_named_once() -> None:
    finding = found("chat", Recorded(inventory=running(*[("TestChat.exe", "", 1)] * 9)), charter())
    assert finding.evidence.zh.count("TestChat.exe") == 1


@pytest.mark.parametrize(
    ("key", "name", "wanted", "is_one"),
    [
        ("MSC", "anything", "msc", True),
        ("{1}", "McAfee LiveSafe", "McAfee", True),
        ("{1}", "McAfeeish", "McAfee", False),
        ("{1}", "360安全卫士极速版", "360安全卫士", True),
        ("{1}", "My 360安全卫士", "360安全卫士", False),
        ("{1}", "QQ", "QQ", True),
        ("{1}", "QQ音乐", "QQ", False),
        ("{1}", "MSC Adams 2020", "MSC", False),
        ("MSCx", "", "MSC", False),
    ],
)
def test_which_entries_are_which_software(key: str, name: str, wanted: str, is_one: bool) -> None:
    assert is_entry_of(p.Installed(key, name), (wanted,)) is is_one


@given(st.text(), st.text(), st.lists(st.text(min_size=1)))
def test_any_entry_can_be_compared(key: str, name: str, wanted: Any) -> None:
    assert is_entry_of(p.Installed(key, name), wanted) in (True, False)
    assert all(is_entry_of(p.Installed(text, name), [text]) for text in wanted)


@given(
    st.dictionaries(st.sampled_from(sorted(HARDWARE.firmware)), st.text()),
    st.one_of(st.none(), st.text()),
    st.lists(st.text()),
)
def test_any_firmware_can_be_read(firmware: Any, hypervisor: Any, running_: Any) -> None:
    for sign in virtual_machine_signs(p.Hardware(firmware, hypervisor, tuple(running_))):
        assert sign.en and sign.zh and "\n" not in sign.en


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99999), st.booleans(), st.booleans())
def test_any_version_has_a_name(major: int, minor: int, build: int, is_64bit: bool, is_server: bool) -> None:
    assert windows_name(p.WindowsVersion(major, minor, build, 0, is_64bit, is_server))


@pytest.mark.parametrize("room", [None, ExamRoom("https://room.example/enter", "")])
def test_the_browser_is_looked_at_only_for_this_projects_room(room: Any) -> None:
    keys = [check.key for check in checks(charter(exam_room=room), Recorded().probes())]
    assert "browser" not in keys
    assert "browser" in [check.key for check in checks(charter(), Recorded().probes())]


@pytest.mark.parametrize(
    ("changes", "status", "evidence"),
    [
        ({}, "pass", "Edge 120.0.2210.61 H.264, VP8"),
        ({"keeps": True, "camera": "granted"}, "pass", "Edge 120.0.2210.61 H.264, VP8"),
        ({"formats": ("mp4",)}, "pass", "Edge 120.0.2210.61 H.264"),
        ({"camera": "denied"}, "block", "浏览器不允许使用摄像头"),
        ({"camera": "denied", "microphone": "denied"}, "block", "浏览器不允许使用摄像头、使用麦克风"),
        ({"shares_screen": False}, "block", "浏览器不支持共享屏幕"),
        ({"formats": ()}, "block", "浏览器不支持录像"),
        ({"writes": False}, "block", "浏览器无法保存录像"),
        ({"keeps": False}, "warn", "浏览器关闭后不保留数据"),
        ({"quota_bytes": 2 * GIB - 1}, "warn", "浏览器只能保存 2047 MB 数据"),
    ],
    ids=["usual", "kept", "mp4", "camera", "both", "screen", "formats", "writes", "forgets", "quota"],
)
def test_a_trial_says_what_no_version_does(changes: Dict[str, Any], status: str, evidence: str) -> None:
    trial = RecordedTrial(replace(TRIAL, **changes))
    finding = examine(BrowserCheck(Recorded(), trial))
    assert (finding.status, trial.tried) == (status, 1) and evidence in finding.evidence.zh
    assert bool(finding.remedy.zh) == (status != "pass") and not finding.forbidden


def test_shortly_before_an_interview_nobody_is_sent_to_restart() -> None:
    waiting = Recorded(awaits_restart=True)
    assert "请现在重启电脑" in examine(RestartCheck(waiting)).remedy.zh
    near = examine(RestartCheck(waiting, lambda: True))
    assert near.status == "warn" and "请不要重启电脑" in near.remedy.zh


def test_without_a_trials_report_version_and_policies_decide() -> None:
    assert examine(BrowserCheck(Recorded(), RecordedTrial(None))).status == "pass"
    forbidden = RecordedTrial(TRIAL)
    managed = Recorded(browsers=(browser(120, "ScreenCaptureAllowed"),))
    assert examine(BrowserCheck(managed, forbidden)).status == "block" and forbidden.tried == 0
