"""Measures the start of the frozen client until its window, against a bare Tk window frozen alike.

Both are frozen as for shipping, and started alternately in one wine prefix with its own screen, so that slow
moments of the machine affect both. Medians are compared: some starts under wine are a third faster, so a
minimum would depend on luck.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from oneseat.pipeline.base.collecting import CLIENT, collect
from oneseat.pipeline.base.freeze import PROGRAM, freeze
from oneseat.pipeline.base.names import ExamNames
from oneseat.pipeline.tools.windows import WindowsPython
from signing.charter import TYP, CharterKey
from tests.charters import charter
from tests.client.simulated import sign
from tests.e2e.wine import Screen, TestedComputer

_POLL_S = 0.005
_LONGEST_START_S = 120
_BARE_TITLE = "a bare window"
_BARE = f"""import tkinter

root = tkinter.Tk()
root.title("{_BARE_TITLE}")
root.mainloop()
"""


@dataclass(frozen=True)
class Program:
    """A frozen program, and the title of the window that it shows first."""

    path: Path
    title: str


def programs(folder: Path) -> dict[str, Program]:
    """Freeze the client, which starts at its login page, and a bare Tk window."""
    root = SigningKey.generate()
    rules = charter(CharterKey("licence", bytes(SigningKey.generate().verify_key)))
    frozen = {}
    for name, sources, title in (
        ("client", CLIENT, rules.product.zh),
        ("bare", _bare_sources(folder / "bare-sources"), _BARE_TITLE),
    ):
        inputs = collect(ExamNames.of(rules), bytes(root.verify_key), client=sources)
        (folder / name).mkdir()
        program_folder = freeze(inputs, folder / name, WindowsPython())
        (program_folder / "charter.jws").write_text(sign(root, TYP, rules.claims()), "ascii")
        frozen[name] = Program(program_folder / PROGRAM, title)
    return frozen


def _bare_sources(folder: Path) -> Path:
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "__main__.py").write_text(_BARE, "utf-8")
    return folder


def seconds_to_window(computer: TestedComputer, screen: Screen, program: Program) -> float:
    """Start a program, measure the time until its window is on the screen, and terminate it.

    Raises:
        TimeoutError: no window appeared in two minutes.
    """
    started = time.perf_counter()
    process = computer.start(program.path)
    try:
        while not _is_shown(screen, program.title):
            if time.perf_counter() - started > _LONGEST_START_S:
                raise TimeoutError(program.title)
            time.sleep(_POLL_S)
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(30)
        while _is_shown(screen, program.title):  # the window disappears a moment later
            time.sleep(_POLL_S)


def _is_shown(screen: Screen, title: str) -> bool:
    command = ["xdotool", "search", "--onlyvisible", "--name", title]
    result = subprocess.run(command, env={"DISPLAY": screen.display}, capture_output=True, check=False)
    return result.returncode == 0


def median_starts(folder: Path, rounds: int) -> dict[str, float]:
    """Median seconds to the window of ``client`` and ``bare``; each round starts both."""
    computer = TestedComputer.create(folder / "computer")
    installed = {
        name: _install(program, computer.program_files / name) for name, program in programs(folder).items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in installed}
    with computer.screen() as screen:
        for program in installed.values():
            seconds_to_window(computer, screen, program)
        for _ in range(rounds):
            for name, program in installed.items():
                seconds[name].append(seconds_to_window(computer, screen, program))
    return {name: statistics.median(times) for name, times in seconds.items()}


def _install(program: Program, folder: Path) -> Program:
    shutil.copytree(program.path.parent, folder)
    return Program(folder / program.path.name, program.title)
