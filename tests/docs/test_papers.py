"""The project's papers: one version everywhere, and workflows that name actions, never servers."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from click.testing import CliRunner

import oneseat
from oneseat.commands.main import main_group
from oneseat.pipeline.base import names

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def workflow(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def test_every_place_that_tells_the_version_reads_it_from_one() -> None:
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "version" not in metadata["project"]
    assert metadata["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "oneseat.__version__"}
    assert oneseat.__version__ == names.VERSION
    result = CliRunner().invoke(main_group, ["--version"], prog_name="oneseat")
    assert result.output.split()[:3] == ["oneseat,", "version", oneseat.__version__]


def test_the_version_is_three_numbers_as_windows_shows_them() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", oneseat.__version__)


def test_the_changelog_begins_with_what_is_unreleased_and_then_this_version() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    version, released = re.fullmatch(r"\[([\d.]+)\] - (\S+)", headings[1]).groups()  # type: ignore[union-attr]
    assert version == oneseat.__version__
    assert date.fromisoformat(released)


def test_the_licence_in_the_metadata_is_the_one_in_the_file() -> None:
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert metadata["license"] == "Apache-2.0"
    assert all((ROOT / name).is_file() for name in metadata["license-files"])
    assert "Apache License\n" in (ROOT / "LICENSE").read_text("utf-8")


def test_there_are_workflows_for_check_test_and_windows() -> None:
    assert [path.stem for path in WORKFLOWS] == ["check", "test", "windows"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_and_ends_in_time(path: Path) -> None:
    loaded = workflow(path)
    assert loaded["name"] == path.stem
    assert loaded["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 60 for job in loaded["jobs"].values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_names_actions_with_their_version_and_no_server(path: Path) -> None:
    steps = [step for job in workflow(path)["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in used), used
    assert "://" not in path.read_text("utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_names_only_files_that_exist(path: Path) -> None:
    commands = [step.get("run", "") for job in workflow(path)["jobs"].values() for step in job["steps"]]
    for name in re.findall(r"(?:tests|\.ci)/[\w./]+", "\n".join(commands)):
        assert (ROOT / name).exists(), name


def test_hooks_run_out_of_the_prepared_environment_and_fetch_nothing() -> None:
    loaded = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [repository["repo"] for repository in loaded["repos"]] == ["local"]
    for hook in loaded["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/")


PAPERS = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/how-to/release-oneseat.md")
]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_a_paper_names_only_targets_that_make_has(paper: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", paper.read_text("utf-8"), flags=re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_a_paper_names_only_files_that_exist(paper: Path) -> None:
    """Placeholders are in capitals: ``oneseat/commands/NAME.py``."""
    folders = r"(?:bench|bootstrap|docs|exams|oneseat|requirements|signing|templates|tests)"
    named = re.findall(rf"`({folders}/[\w./-]*)`", paper.read_text("utf-8"))
    absent = [name for name in named if not re.search(r"NAME|NNNN", name) and not (ROOT / name).exists()]
    assert absent == []
