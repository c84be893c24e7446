"""What Windows itself answers; runs under the Windows Python only."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from oneseat.client.computer.fingerprint_traits import NAMES
from oneseat.client.computer.protocol import Computer, NotUnwrapped
from oneseat.client.run import LAUNCHER
from oneseat.client.sessions.handover import Opener
from tests.patience import wait_until


@pytest.fixture
def computer() -> Computer:
    if sys.platform == "win32":
        from oneseat.client.platform.windows.computer import WindowsComputer

        return WindowsComputer()
    pytest.skip("needs Windows")


def test_what_is_wrapped_unwraps_with_the_same_entropy_only(computer: Computer) -> None:
    blob = computer.wrap(b"secret", b"entropy")
    assert b"secret" not in blob
    assert computer.unwrap(blob, b"entropy") == b"secret"
    with pytest.raises(NotUnwrapped):
        computer.unwrap(blob, b"another")
    with pytest.raises(NotUnwrapped):
        computer.unwrap(blob[:-1], b"entropy")
    with pytest.raises(NotUnwrapped):
        computer.unwrap(b"", b"entropy")


def test_the_machine_has_a_trait_that_stays(computer: Computer) -> None:
    assert computer.traits() == computer.traits()
    assert "machine-guid" in computer.traits()
    assert set(computer.traits()) <= set(NAMES)


def test_folders_do_not_follow_the_environment(computer: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    shared, own = computer.shared_folder(), computer.own_folder()
    for name in ("ProgramData", "ALLUSERSPROFILE", "LOCALAPPDATA", "APPDATA", "USERPROFILE"):
        monkeypatch.setenv(name, "C:\\elsewhere")
    assert (computer.shared_folder(), computer.own_folder()) == (shared, own)
    assert shared.name == own.name == "OneSeat"
    assert shared != own


def test_a_shared_folder_is_made_and_made_again(computer: Computer, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    for _ in range(2):
        computer.make_shared_folder(folder)
    (folder / "file").write_bytes(b"x")
    with pytest.raises(NotADirectoryError):
        computer.make_shared_folder(folder / "file")
    with pytest.raises(OSError):  # noqa: PT011 -- the system's own words
        computer.make_shared_folder(tmp_path / "absent" / "below")


def test_a_link_in_the_place_of_a_shared_folder_is_refused(computer: Computer, tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.mkdir()
    made = subprocess.run(
        ["cmd", "/c", "mklink", "/J", str(link), str(target)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if made.returncode != 0 or not os.path.lexists(str(link)):
        pytest.skip("no junctions here")
    with pytest.raises(OSError):  # noqa: PT011 -- the system's own words
        computer.make_shared_folder(link)


def test_the_folders_of_other_accounts_are_known_by_windows_list(computer: Computer, tmp_path: Path) -> None:
    if sys.platform == "win32":
        import winreg

        key = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\S-1-5-21-1-2-3-1009"
        try:
            with winreg.CreateKeyEx(
                winreg.HKEY_LOCAL_MACHINE, key, 0, winreg.KEY_WRITE | winreg.KEY_WOW64_64KEY
            ) as made:
                winreg.SetValueEx(made, "ProfileImagePath", 0, winreg.REG_EXPAND_SZ, str(tmp_path))
            first, *others = computer.own_folders()
            assert first == computer.own_folder() and first not in others
            assert tmp_path / "AppData" / "Local" / "OneSeat" in others
        finally:
            winreg.DeleteKeyEx(winreg.HKEY_LOCAL_MACHINE, key, winreg.KEY_WOW64_64KEY, 0)


@pytest.fixture
def opener() -> Opener:
    if sys.platform == "win32":
        from oneseat.client.platform.windows.sessions import WindowsOpener

        return WindowsOpener()
    pytest.skip("needs Windows")


def test_a_program_reads_its_line_from_standard_input(
    opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Path(sys.executable)
    monkeypatch.setattr("oneseat.client.platform.windows.sessions.known_folder", lambda _: room.parent)
    monkeypatch.setattr(
        "oneseat.client.platform.windows.sessions._command",
        lambda path: [str(path), "-c", _ECHO, str(tmp_path)],
    )
    opener.start(room.name, b'{"ticket": "a.b.c"}\n')
    written = tmp_path / "line"
    wait_until(lambda: written.exists() and written.read_bytes())
    assert written.read_bytes() == b'{"ticket": "a.b.c"}\n'


_ECHO = "import sys; open(sys.argv[1] + '/line', 'wb').write(sys.stdin.buffer.read())"


def test_a_program_that_is_not_there_is_a_fault_of_the_system(opener: Opener) -> None:
    with pytest.raises(OSError):  # noqa: PT011 -- the system's own words
        opener.start("OneSeat Absent\\Room.exe", b"{}\n")


def test_the_next_logon_starts_this_program_until_that_is_taken_back(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        from oneseat.client.platform.windows import registry

        key = "Software\\Microsoft\\Windows\\CurrentVersion\\RunOnce"

        def value() -> object:
            return registry.values(registry.ACCOUNT, key).get("OneSeat")

        monkeypatch.setattr(sys, "executable", "C:\\Program Files\\OneSeat\\a\\OneSeat.exe")
        opener.start_after_logon(on=True)
        assert value() == '"C:\\Program Files\\OneSeat\\a\\OneSeat.exe"'
        monkeypatch.setattr(sys, "executable", "C:\\Program Files\\OneSeat\\b\\OneSeat.exe")
        opener.start_after_logon(on=False)
        assert value() == '"C:\\Program Files\\OneSeat\\a\\OneSeat.exe"', "another installation's"
        monkeypatch.setattr(sys, "executable", "C:\\Program Files\\OneSeat\\a\\OneSeat.exe")
        for _ in range(2):
            opener.start_after_logon(on=False)
            assert value() is None


def test_the_next_logon_starts_the_launcher_where_there_is_one(
    opener: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can say which file of the client is gone."""
    if sys.platform == "win32":
        from oneseat.client.platform.windows import registry

        launcher = tmp_path / LAUNCHER
        launcher.touch()
        monkeypatch.setattr(sys, "executable", str(tmp_path / "OneSeat.exe"))
        opener.start_after_logon(on=True)
        key = "Software\\Microsoft\\Windows\\CurrentVersion\\RunOnce"
        assert registry.values(registry.ACCOUNT, key).get("OneSeat") == f'"{launcher}"'
        opener.start_after_logon(on=False)
        assert registry.values(registry.ACCOUNT, key).get("OneSeat") is None


def test_the_clocks_of_sleep_run_and_wake_ups_are_counted_in_a_session(opener: Opener) -> None:
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        user32 = ctypes.WinDLL("user32")
        user32.FindWindowW.restype = wintypes.HWND
        user32.SendMessageW.argtypes = [wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM]
        opener.block_shutdown("面试")
        before = opener.sleep_clocks()
        window = user32.FindWindowW("OneSeatShutdown", "面试")
        user32.SendMessageW(window, 0x218, 0x4, 0)  # PBT_APMSUSPEND
        assert opener.sleep_clocks().wake_ups == before.wake_ups
        assert user32.SendMessageW(window, 0x218, 0x12, 0) == 1  # PBT_APMRESUMEAUTOMATIC
        time.sleep(0.5)
        after = opener.sleep_clocks()
        opener.block_shutdown(None)
        assert after.wake_ups == before.wake_ups + 1
        elapsed_s, awake_s = after.elapsed_s - before.elapsed_s, after.awake_s - before.awake_s
        assert 0.4 < elapsed_s < 10 and abs(elapsed_s - awake_s) < 1


def test_the_computer_is_kept_awake_and_let_go(opener: Opener) -> None:
    if sys.platform == "win32":
        import ctypes

        state = ctypes.WinDLL("kernel32").SetThreadExecutionState
        state.restype = ctypes.c_uint32
        opener.keep_awake(on=True)
        assert state(0x80000003) == 0x80000003  # what held before is what was asked for
        opener.keep_awake(on=False)
        assert state(0x80000000) == 0x80000000


def test_one_process_holds_the_window_until_it_ends(computer: Computer, tmp_path: Path) -> None:
    """Killed, it leaves nothing held."""
    code = (
        "import sys, time; from pathlib import Path; "
        "from oneseat.client.platform.windows.single_window import hold_window; "
        "print(hold_window(Path(sys.argv[1])), flush=True); time.sleep(60)"
    )
    first = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout is not None and first.stdout.readline().strip() == "True"
        assert not computer.hold_window(tmp_path)
        assert not computer.hold_window(Path(str(tmp_path).upper()))
        assert computer.hold_window(tmp_path / "another installation")
    finally:
        first.kill()
        first.wait()
    wait_until(lambda: computer.hold_window(tmp_path))
    assert not computer.show_window(["no window has this title"])


def test_windows_is_asked_to_wait_with_a_shutdown_until_the_session_is_over(opener: Opener) -> None:
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        user32 = ctypes.WinDLL("user32")
        user32.FindWindowW.restype = wintypes.HWND
        user32.SendMessageW.argtypes = [wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM]

        def window() -> int:
            return user32.FindWindowW("OneSeatShutdown", "面试") or 0

        for _ in range(2):
            opener.block_shutdown("面试")
            assert window() and user32.SendMessageW(window(), 0x11, 0, 0) == 0, "it may not end"
            opener.block_shutdown(None)
            assert not window()
