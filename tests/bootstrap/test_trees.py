"""Manifests of unpacked trees: whatever is not as it was unpacked is found by its name."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bootstrap import trees, windows
from bootstrap.trees import TreeUntrusted


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    (folder / "Lib" / "json").mkdir(parents=True)
    (folder / "Lib" / "json" / "__init__.py").write_text("first line\n")
    (folder / "python.exe").write_bytes(b"MZ")
    trees.write(folder)
    return folder


def plant(path: Path) -> None:
    path.write_text("import os\n")


CHANGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "changed": ("Lib/json/__init__.py", plant),
    "missing": ("python.exe", Path.unlink),
    "added": ("Lib/sitecustomize.py", plant),
}


def test_a_tree_as_it_was_unpacked_has_nothing_to_report(tree: Path) -> None:
    assert trees.differing(tree) == []
    assert set(trees.read(tree)) == {"Lib/json/__init__.py", "python.exe"}
    subprocess.run(["sha256sum", "--check", "--quiet", trees.MANIFEST], cwd=tree, check=True)


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_named(tree: Path, change: str) -> None:
    name, make = CHANGES[change]
    make(tree / name)
    assert trees.differing(tree) == [name]


def test_a_link_is_refused_even_where_it_leads_to_the_same_bytes(tree: Path) -> None:
    original = tree.parent / "elsewhere.py"
    (tree / "Lib" / "json" / "__init__.py").rename(original)
    (tree / "Lib" / "json" / "__init__.py").symlink_to(original)
    with pytest.raises(TreeUntrusted, match=r"__init__\.py"):
        trees.differing(tree)


@pytest.mark.parametrize("manifest", [None, "no manifest\n"])
def test_a_tree_without_a_manifest_is_not_trusted(tree: Path, manifest: str | None) -> None:
    (tree / trees.MANIFEST).unlink()
    if manifest is not None:
        (tree / trees.MANIFEST).write_text(manifest)
    with pytest.raises(TreeUntrusted, match=r"tree\.sha256"):
        trees.differing(tree)


@pytest.mark.parametrize("place", ["", "Lib", "Lib/json/__init__.py", trees.MANIFEST])
@pytest.mark.parametrize("mode", [0o020, 0o002])
def test_what_others_may_write_to_is_refused(tree: Path, place: str, mode: int) -> None:
    trees.require_private(tree)
    path = tree / place
    path.chmod(path.stat().st_mode | mode)
    with pytest.raises(TreeUntrusted) as caught:
        trees.require_private(tree)
    assert caught.value.path == path


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another account")
def test_what_another_account_owns_is_refused(tree: Path) -> None:
    os.chown(tree / "Lib", 1000, -1)
    with pytest.raises(TreeUntrusted, match="Lib"):
        trees.require_private(tree)


def test_a_link_is_judged_itself_and_not_its_target(tree: Path) -> None:
    target = tree.parent / "writable"
    target.mkdir()
    target.chmod(0o777)
    (tree / "link").symlink_to(target)
    trees.require_private(tree)


def test_wine_may_leave_temporary_files(tmp_path: Path) -> None:
    temporary = tmp_path / "drive_c" / "windows" / "temp"
    temporary.mkdir(parents=True)
    trees.write(tmp_path, ["drive_c/windows"])
    (temporary / "a.tmp").write_text("x")
    assert trees.differing(tmp_path, ["drive_c/windows"]) == []


def test_launchers_that_name_this_computer_are_not_kept(tmp_path: Path) -> None:
    record = tmp_path / "tool-1.0.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_bytes(b"../../bin/tool,sha256=abc,12\r\ntool.py,sha256=def,3\r\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tool").write_text("#!/home/somebody/.venv/bin/python\n")
    windows._drop_launchers(tmp_path)
    assert record.read_bytes() == b"tool.py,sha256=def,3\r\n"
    assert not (tmp_path / "bin").exists()
