"""Set-up: repeatable, quick when nothing is missing, and clear when something cannot be done."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import oneseat
from bootstrap import __main__ as command_line
from bootstrap import debian, environment, layout, phone, windows
from bootstrap.steps import SetupFailed, atomic_folder, exclusive_lock, run


@pytest.mark.service
def test_a_second_setup_does_nothing_and_asks_for_nothing() -> None:
    command = [sys.executable, "-m", "bootstrap", "--skip-system"]
    subprocess.run(command, cwd=layout.PROJECT, capture_output=True, check=True)
    ended = subprocess.run(command, cwd=layout.PROJECT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert re.fullmatch(r"setup: ready \(.*\)\n", ended.stderr)


WHOLE = ["debian", "venv", "windows-python", "windows-tests", "wine", "phone"]


@pytest.mark.parametrize(
    ("option", "steps"),
    [([], WHOLE), (["--skip-system"], WHOLE[1:]), (["--dev"], ["venv"])],
    ids=["whole", "skip-system", "dev"],
)
def test_each_option_leaves_its_steps_out(
    option: list[str], steps: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    for name, (module, function) in {
        "debian": (debian, "install"),
        "venv": (environment, "prepare"),
        "windows-python": (windows, "prepare_python"),
        "windows-tests": (windows, "prepare_test_packages"),
        "wine": (windows, "prepare_wine"),
        "phone": (phone, "prepare_tools"),
    }.items():
        monkeypatch.setattr(module, function, lambda name=name: ran.append(name))
    monkeypatch.setenv("ONESEAT_CACHE", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["bootstrap", *option])
    monkeypatch.setattr(sys, "platform", "linux")
    assert command_line.main() == 0
    assert ran == steps


def test_a_development_setup_starts_no_program_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No apt, no sudo, no wine: whatever it starts is an interpreter."""
    started: list[str] = []
    monkeypatch.setenv("ONESEAT_CACHE", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["bootstrap", "--dev"])
    monkeypatch.setattr(environment, "FOLDER", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(environment, "_interpreter", lambda: sys.executable)

    def note(command: list[str | Path], **_: object) -> None:
        started.append(Path(command[0]).name)
        (tmp_path / ".venv").mkdir(exist_ok=True)

    monkeypatch.setattr(environment, "run", note)
    assert command_line.main() == 0
    assert len(started) == 4, "the environment, uv, the pinned packages, the project"
    assert all(name.startswith("python") for name in started)


def test_where_uv_finds_no_packages_pip_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A computer's settings for pip may say where packages are found; uv does not read them."""
    installed: list[list[str]] = []

    def install(command: list[str | Path], **_: object) -> None:
        words = [str(word) for word in command]
        installed.append(words)
        if "uv" in words:
            raise SetupFailed("uv found no packages")

    monkeypatch.setattr(environment, "run", install)
    environment._install(environment.PINS)
    of_uv, by_uv, by_pip = installed
    assert "pip" in of_uv and str(environment.PINS) not in of_uv
    assert by_uv[1:5] == ["-m", "uv", "pip", "install"]
    assert by_pip[1:3] == ["-m", "pip"]
    for words in (by_uv, by_pip):
        assert words[-2:] == ["--requirement", str(environment.PINS)]
    assert all("--require-hashes" in words for words in installed)
    assert "uv found no packages" in capsys.readouterr().err


def test_one_packages_pin_is_its_version_and_its_hashes(tmp_path: Path) -> None:
    pins = tmp_path / "pins.txt"
    pin = "uv==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    pins.write_text(f"a==1 \\\n    --hash=sha256:aa\n{pin}    # via\nz==3\n")
    assert environment.pin_of("uv", pins) == pin
    with pytest.raises(SetupFailed, match=r"pins\.txt pins no u\."):
        environment.pin_of("u", pins)


def test_a_new_version_of_ours_is_installed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment._fingerprint()
    assert before == environment._fingerprint()
    changed = tmp_path / "__init__.py"
    changed.write_text(environment.VERSION.read_text("utf-8").replace(oneseat.__version__, "99.0.0"), "utf-8")
    monkeypatch.setattr(environment, "VERSION", changed)
    assert environment._fingerprint() != before


def test_a_changed_pin_leads_to_another_folder(tmp_path: Path) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_bytes(b"a==1\n")
    key = layout.pins_key(1, pins)
    pins.write_bytes(b"a==1\r\n")
    assert layout.pins_key(1, pins) == key, "a checkout on Windows is the same"
    assert layout.pins_key(2, pins) != key
    pins.write_bytes(b"a==2\n")
    assert layout.pins_key(1, pins) != key


def test_the_cache_can_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONESEAT_CACHE", str(tmp_path))
    assert layout.wine_prefix().parent == tmp_path
    monkeypatch.delenv("ONESEAT_CACHE")
    assert layout.wine_prefix().is_relative_to(layout.PROJECT / ".cache")


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "made"
    (tmp_path / ".made-of-a-killed-run").mkdir()

    def make(*, fails: bool) -> None:
        with atomic_folder(target) as draft:
            (draft / "file").write_text("x")
            assert not target.exists()
            if fails:
                raise SetupFailed("half-way")

    with pytest.raises(SetupFailed):
        make(fails=True)
    assert list(tmp_path.iterdir()) == []
    make(fails=False)
    assert [path.name for path in tmp_path.rglob("*")] == ["made", "file"]


def test_a_second_setup_waits_for_the_first(tmp_path: Path) -> None:
    waiting = "from pathlib import Path; from bootstrap.steps import exclusive_lock; import sys\n"
    waiting += "with exclusive_lock(Path(sys.argv[1])): print('in', flush=True)"
    with exclusive_lock(tmp_path):
        second = subprocess.Popen(
            [sys.executable, "-c", waiting, str(tmp_path)], cwd=layout.PROJECT, stdout=subprocess.PIPE
        )
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(1)
    said, _ = second.communicate(timeout=20)
    assert said == b"in\n"


def test_a_failing_command_says_what_it_was_for_and_shows_its_last_lines() -> None:
    with pytest.raises(SetupFailed, match=r"(?s)a trial failed \(exit status 3\):.*line 49") as caught:
        run(
            [sys.executable, "-c", "for i in range(50): print('line', i)\nraise SystemExit(3)"],
            doing="a trial",
        )
    assert "line 10\n" not in str(caught.value)


class TestDebian:
    def test_only_what_is_missing_is_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ran: list[list[str]] = []
        missing = [["nsis", "xvfb"], []]
        monkeypatch.setattr(debian, "missing_packages", lambda: missing[0] if len(ran) < 2 else missing[1])
        monkeypatch.setattr(debian, "run", lambda command, **_: ran.append(list(command)))
        monkeypatch.setattr("bootstrap.debian.shutil.which", lambda name: f"/usr/bin/{name}")
        monkeypatch.setattr("bootstrap.debian.os.geteuid", lambda: 1000)
        debian.install()
        update, install = ran
        assert update[-1] == "update"
        assert install[0] == "sudo"
        assert install[-4:] == ["--yes", "--no-install-recommends", "nsis", "xvfb"]

    def test_nothing_missing_leaves_apt_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("apt was called")

        monkeypatch.setattr(debian, "missing_packages", list)
        monkeypatch.setattr(debian, "run", refuse)
        debian.install()

    def test_without_rights_it_says_what_root_should_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(debian, "missing_packages", lambda: ["nsis"])
        monkeypatch.setattr("bootstrap.debian.os.geteuid", lambda: 1000)
        monkeypatch.setattr("bootstrap.debian.shutil.which", lambda name: None if name == "sudo" else name)
        with pytest.raises(SetupFailed, match=r"apt-get install --no-install-recommends nsis"):
            debian.install()

    def test_off_debian_it_names_what_is_needed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bootstrap.debian.shutil.which", lambda _: None)
        with pytest.raises(SetupFailed, match="osslsigncode"):
            debian.install()


def test_every_requirement_is_pinned_and_hashed_and_names_no_server() -> None:
    for path in layout.REQUIREMENTS.glob("*.txt"):
        text = path.read_text("utf-8")
        assert "://" not in text, path.name
        entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert entries, path.name
        assert all("==" in entry for entry in entries), path.name
        blocks = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
        assert all("--hash=sha256:" in block for block in blocks), path.name


def test_what_ships_freezes_and_is_tested_in_one_version() -> None:
    def pinned(path: Path) -> dict[str, str]:
        return dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text("utf-8"), flags=re.MULTILINE))

    ships = pinned(layout.REQUIREMENTS / "client-windows.txt")
    assert "pynacl" in ships
    for path in (layout.CLIENT_BUILD_PINS, layout.CLIENT_TEST_PINS):
        others = pinned(path)
        assert {name: others.get(name) for name in ships} == ships


def test_an_archive_that_climbs_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as packed:
        packed.writestr("cp38/../../evil.txt", "x")
    with zipfile.ZipFile(tmp_path / "data.zip") as packed:
        member = packed.infolist()[0]
        with pytest.raises(SetupFailed, match="outside itself"):
            windows._write_member(packed, member, tmp_path / "python")
    assert not (tmp_path.parent / "evil.txt").exists()


def test_an_interpreter_without_what_is_needed_is_not_used(tmp_path: Path) -> None:
    assert environment._usable(Path(sys.executable), "pip")
    assert not environment._usable(Path(sys.executable), "no_such_module")
    assert not environment._usable(tmp_path / "python3")


def test_npm_archives_are_pinned_by_their_integrity_and_name_no_server(tmp_path: Path) -> None:
    pins = list(phone.pins(layout.PHONE_PINS))
    assert "://" not in layout.PHONE_PINS.read_text("utf-8")
    assert all(re.fullmatch(r"@?[\w/.-]+@\d+\.\d+\.\d+", pin.package) for pin in pins)
    assert all(re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", pin.integrity) for pin in pins)
    archive = tmp_path / "archive.tgz"
    archive.write_bytes(b"another archive")
    with pytest.raises(SetupFailed, match=r"is not the one that phone-npm\.json names"):
        phone.require_integrity(archive, pins[0])
    phone.require_integrity(archive, phone.Pin("a@1.0.0", _integrity(b"another archive"), "x"))


def _integrity(data: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
