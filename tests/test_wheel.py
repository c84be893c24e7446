"""The wheel is the product for whoever only runs it: built, installed into a bare environment, and used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("oneseat", "signing", "templates", "requirements")
FILES = ("LICENSE", "README.md", "pyproject.toml", "setup.py")
PASSPHRASE = "correct horse"
UV = str(Path(sys.executable).with_name("uv"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources: building leaves its traces beside them."""
    copy, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "_baked.py"))
    for name in FILES:
        shutil.copyfile(ROOT / name, copy / name)
    build = [UV, "build", "--wheel", "--no-build-isolation", "--offline", "--out-dir", str(out), str(copy)]
    subprocess.run(build, check=True, capture_output=True, env={**os.environ, "VIRTUAL_ENV": sys.prefix})
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command ``oneseat`` in an environment that has the dependencies and nothing of the checkout."""
    environment = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    python = str(environment / scripts / "python")
    install = [UV, "pip", "install", "--quiet", "--python", python, "--offline", "--no-index", "--no-deps"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    # A path in a .pth file adds that folder alone: .pth files in it, the checkout's among them, stay unread.
    own = sysconfig.get_path("purelib", vars={"base": str(environment), "platbase": str(environment)})
    (Path(own) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return environment / scripts / "oneseat"


def run(oneseat: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in an empty folder, without what the checkout's environment would tell it."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("ONESEAT", "PYTHON"))}
    return subprocess.run(
        [str(oneseat), *arguments],
        cwd=folder,
        env={**bare, "ONESEAT_PASSPHRASE": PASSPHRASE},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_claims_two_top_level_names_and_carries_its_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"oneseat", "signing"}
    for data in ("exam.toml.j2", "portal/base.html.j2", "portal/static/portal.css", "deploy/nginx.conf.j2"):
        assert f"oneseat/templates/{data}" in names
    assert "oneseat/state/migrations/versions/v0001_first.py" in names
    assert not any(name.endswith("_baked.py") for name in names)


def test_an_exam_is_prepared_from_nothing(installed: Path, tmp_path: Path) -> None:
    def oneseat(*arguments: str) -> subprocess.CompletedProcess[str]:
        result = run(installed, tmp_path, *arguments)
        assert result.returncode == 0, result.stderr
        return result

    oneseat("exam", "new", "first.toml")
    oneseat("roster", "sample", "people.csv", "--exam", "first.toml", "--count", "5")
    checked = oneseat("roster", "check", "people.csv", "--exam", "first.toml", "--json")
    assert json.loads(checked.stdout)["sound"] == 5
    oneseat("keys", "init", "--exam", "first.toml", "--workspace", "work")
    assert list((tmp_path / "work").rglob("*.json"))


def test_deployment_files_are_written(installed: Path, tmp_path: Path) -> None:
    result = run(
        installed,
        tmp_path,
        *(
            "portal",
            "deploy",
            "--into",
            "into",
            "--host-name",
            "portal.example",
            "--program",
            "/usr/bin/oneseat",
        ),
        *("--certificate", "/etc/ssl/a.pem", "--certificate-key", "/etc/ssl/a.key"),
    )
    assert result.returncode == 0, result.stderr
    assert "Documentation=" not in (tmp_path / "into" / "oneseat-portal@.service").read_text()


def test_the_portal_can_be_made(installed: Path, tmp_path: Path) -> None:
    python = installed.with_name("python")
    script = "import oneseat.portal.app; from oneseat.portal.http import views; views.Views(); print(views)"
    result = subprocess.run(
        [python, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert "site-packages" in result.stdout and str(ROOT) not in result.stdout


def test_what_needs_a_checkout_says_so(installed: Path, tmp_path: Path) -> None:
    run(installed, tmp_path, "exam", "new", "first.toml")
    run(installed, tmp_path, "keys", "init", "--exam", "first.toml", "--workspace", "work")
    result = run(installed, tmp_path, "base", "build", "--exam", "first.toml", "--workspace", "work")
    assert "OS-600" in result.stderr and "Traceback" not in result.stderr
    assert result.returncode not in {0, 1, 2}
