"""Runs the shipped code's tests under the Python that ships: `python -m tests.shipped [pytest options]`.

It runs all tests of the client, and those tests of signing/ that import only what ships. They are copied
with the shipped code, and nothing else, to a computer with Windows or wine. So a test also fails if
shipped code imports what does not ship.

Nothing else can be read there, so the result depends on these files and on the programs that run them. Once
all tests have passed, the hash of both is kept in the cache, as that of a base is, and the same tests are not
run again (see docs/adr/0137-the-shipped-suite-runs-when-it-changed.md). Any option of pytest runs them in any
case.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bootstrap import layout
from oneseat.pipeline.base.collecting import CLIENT, NAMESPACE, SIGNING
from oneseat.pipeline.tools import windows
from oneseat.pipeline.tools.runner import run_for_status
from oneseat.pipeline.tools.windows import NativeWindows, WindowsHost, WindowsPython, windows_host
from signing.text import Text
from tests.e2e import wine
from tests.e2e.wine import TestedComputer
from tests.passed_before import PassedBefore

TESTS = layout.PROJECT / "tests"
# Importable beside the standard library, there and here.
AVAILABLE = frozenset({"oneseat", "hypothesis", "nacl", "pytest", "tests", "_pytest"})
_CONFIGURATION = """\
[pytest]
addopts = --import-mode=importlib --strict-markers -p no:cacheprovider
pythonpath = .
markers =
    slow: takes more than ten seconds
    wine: needs wine or the Windows Python that `make setup` prepares
    service: needs a server, a screen or a program that `make setup` installs
"""
# Fewer examples: wine is slow, and the properties do not depend on it.
_PROFILE = """\
from hypothesis import settings
settings.register_profile("there", deadline=None, max_examples=25, database=None)
settings.load_profile("there")
"""

_NO_WINDOW_MANAGER = (r"HKCU\Software\Wine\X11 Driver", "Managed", "N")
"""Wine's setting for a screen without a window manager, such as ours. By default wine waits two seconds for
one to answer whenever a window is hidden, as the client's is until it is drawn."""


@dataclass(frozen=True)
class Selection:
    """The test files to run, and the test modules that they import."""

    files: tuple[Path, ...]
    beside: frozenset[Path]

    def copy_to(self, folder: Path) -> None:
        """Copy the tests and the shipped code to ``folder``."""
        shutil.copytree(
            CLIENT, folder / "oneseat" / "client", ignore=shutil.ignore_patterns("__pycache__", "_baked.py")
        )
        (folder / "signing").mkdir()
        shutil.copyfile(NAMESPACE, folder / "oneseat" / "__init__.py")
        for path in SIGNING.glob("*.py"):
            shutil.copyfile(path, folder / "signing" / path.name)
        for path in (*self.files, *self.beside):
            target = folder / path.relative_to(layout.PROJECT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        (folder / "pytest.ini").write_text(_CONFIGURATION)
        (folder / "conftest.py").write_text(_PROFILE)


def select() -> Selection:
    """Select all tests of oneseat/client/, and those of signing/ that import only what ships."""
    files = sorted((TESTS / "client").rglob("test_*.py"))
    wanting = [f"{path.name} imports {missing(path)}" for path in files if missing(path)]
    if wanting:
        raise SystemExit(f"tests of what ships import what does not ship: {'; '.join(wanting)}")
    files += [path for path in sorted((TESTS / "signing").glob("test_*.py")) if not missing(path)]
    beside = {module for path in files for module in _beside(path)}
    return Selection(tuple(files), frozenset(beside))


@cache
def missing(path: Path) -> str:
    """Return the first import or fixture of a test file, direct or indirect, that does not ship."""
    for module in sorted(_imports(path)):
        top, _, rest = module.partition(".")
        if top == "signing":
            absent = rest.split(".")[0] == "authority"
        elif top == "oneseat":
            absent = rest.split(".")[0] != "client"
        else:
            absent = top not in AVAILABLE and top not in sys.stdlib_module_names
        if absent:
            return module
    conftest = path.parent / "conftest.py"
    if path.name.startswith("test_") and conftest.is_file() and missing(conftest):
        used = _fixtures(conftest) & _parameters(path)
        if used:
            return f"the fixture {min(used)}"
    return next(filter(None, (missing(other) for other in _test_modules(path))), "")


def _beside(path: Path) -> set[Path]:
    """Collect what a test file needs: packages, a conftest that can run, imported test modules."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        conftest = current.parent / "conftest.py"
        nearby = [current.parent / "__init__.py", TESTS / "__init__.py", *_test_modules(current)]
        # The outermost conftest needs modules that do not ship; :meth:`Selection.copy_to` writes its own.
        runs_there = conftest.is_file() and conftest.parent != TESTS and not missing(conftest)
        nearby += [conftest] if runs_there else []
        fresh = {other for other in nearby if other.is_file()} - found
        found |= fresh
        waiting += fresh
    return found


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _test_modules(path: Path) -> set[Path]:
    """List the files under tests/ that a file imports."""
    found: set[Path] = set()
    for name in _imports(path):
        parts = name.split(".")
        if parts[0] == "tests":
            for length in (len(parts), len(parts) - 1):
                candidate = layout.PROJECT.joinpath(*parts[:length]).with_suffix(".py")
                if candidate.is_file():
                    found.add(candidate)
    return found - {path}


def _functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_bytes(), str(path))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _fixtures(path: Path) -> set[str]:
    marked = {
        function.name: [ast.unparse(decorator) for decorator in function.decorator_list]
        for function in _functions(path)
    }
    return {name for name, decorators in marked.items() if any("fixture" in text for text in decorators)}


def _parameters(path: Path) -> set[str]:
    return {argument.arg for function in _functions(path) for argument in function.args.args}


def main(options: list[str]) -> int:
    """Copy and run the tests; return pytest's exit status."""
    selection = select()
    print_line(f"{len(selection.files)} test files under the Python that ships")
    with tempfile.TemporaryDirectory(prefix="oneseat-shipped-") as temporary:
        folder = Path(temporary)
        code = folder / "code"
        code.mkdir()
        selection.copy_to(code)
        before = PassedBefore("shipped-suite", key_of(code))
        if not options and before.holds:
            print_line("they have passed as they are: not run again")
            return 0
        status = run_somewhere(folder, code, options)
    if status == 0 and not options:
        before.keep(())  # the key has all files that a run can read
    return status


def key_of(code: Path) -> str:
    """A hash of all that a run depends on: the files in ``code``, and what runs them."""
    digest = hashlib.sha256()
    there = sorted((path.relative_to(code).as_posix(), path) for path in code.rglob("*") if path.is_file())
    runners = [(path.name, path) for path in (Path(__file__), Path(wine.__file__), Path(windows.__file__))]
    for name, path in [*there, *runners]:
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    host = windows_host().check()
    programs = [layout.windows_python(), layout.windows_test_packages(), layout.wine_prefix()]
    digest.update(f"{host.name} {host.version} {[path.name for path in programs]}".encode())
    return digest.hexdigest()


def run_somewhere(folder: Path, code: Path, options: list[str]) -> int:
    """Run the tests in ``code``, here on Windows, else in wine in ``folder``; return pytest's exit status."""
    if sys.platform == "win32":
        return run_on(NativeWindows(), code, options)
    computer = TestedComputer.create(folder / "computer")
    with computer.screen():
        computer.set_registry(*_NO_WINDOW_MANAGER)
        return run_on(computer.wine, code, options)


def run_on(host: WindowsHost, code: Path, options: list[str]) -> int:
    """Run the tests in ``code`` on a host; return pytest's exit status."""
    job = WindowsPython(host).invocation(
        Text("testing the shipped code", "测试考生端代码"),
        *("-X", "utf8", "-m", "pytest", "-q", "-rs", "--color=no", *options, "tests"),
        timeout_s=1200,
        environment={"PYTHONPATH": host.windows_path(layout.windows_test_packages())},
        folder=code,
    )
    status, _ = run_for_status(job, print_line)
    return status


def print_line(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + os.linesep)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
