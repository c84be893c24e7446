"""The table of what Windows 7 lacks, against a library that is known to fail there and one that works."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from oneseat.pipeline.tools.windows import WindowsPython
from tests import windows7
from tests.windows7 import scan

PINS = Path(__file__).parents[2] / "requirements" / "windows7-counterexample.txt"


pytestmark = pytest.mark.service  # the package index, and the Windows Python


@pytest.fixture(scope="module")
def counterexample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled half of a cryptography release that came after support for Windows 7 ended."""
    folder = tmp_path_factory.mktemp("counterexample")
    options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    options += ["--platform", "win_amd64", "--python-version", "3.9", "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *options, "--requirement", str(PINS)]
    subprocess.run(command, check=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder / "cryptography" / "hazmat" / "bindings" / "_rust.pyd"


def test_a_library_that_windows_7_cannot_load_is_found_with_the_reasons(counterexample: Path) -> None:
    found = windows7.missing_imports(counterexample, ["python3.dll", "vcruntime140.dll"])
    assert ("bcryptprimitives.dll", "ProcessPrng") in {(each.library, each.function) for each in found}
    assert ("api-ms-win-core-synch-l1-2-0.dll", None) in {(each.library, each.function) for each in found}
    assert {each.file for each in found} == {"_rust.pyd"}


def test_a_library_is_missing_unless_it_ships_beside(counterexample: Path) -> None:
    alone = {each.library for each in windows7.missing_imports(counterexample)}
    assert {"python3.dll", "vcruntime140.dll"} <= alone


def test_the_python_that_ships_loads_on_windows_7() -> None:
    folder = WindowsPython().folder
    files = [path for path in folder.glob("python*") if path.suffix in (".exe", ".dll")]
    assert {path.name for path in files} >= {"python.exe", "python38.dll"}
    names = [path.name for path in folder.glob("*.dll")]
    assert [missing for path in files for missing in windows7.missing_imports(path, names)] == []


def test_a_folder_without_programs_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("no program")
    with pytest.raises(ValueError, match="no program file"):
        scan(tmp_path)


def test_what_is_no_program_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "torn.dll").write_bytes(b"MZ and nothing more")
    with pytest.raises(ValueError, match="no PE file"):
        scan(tmp_path)
