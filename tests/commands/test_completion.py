"""Completion by its effect: what the program answers to a shell, and what real shells make of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oneseat.commands import shells

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path_with_program(tmp_path: Path) -> str:
    """A ``PATH`` in which ``oneseat`` is this checkout's."""
    program = tmp_path / "bin" / "oneseat"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "build.py"}" "$@"\n')
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


def answer(kind: str, **variables: str) -> list[str]:
    ended = subprocess.run(
        [sys.executable, str(ROOT / "build.py")],
        capture_output=True,
        text=True,
        env={**os.environ, shells.VARIABLE: f"{kind}_complete", **variables},
        check=True,
    )
    assert ended.stderr == ""
    return ended.stdout.splitlines()


def test_bash_is_answered_with_commands_options_and_kinds_of_files() -> None:
    assert answer("bash", COMP_WORDS="oneseat ro", COMP_CWORD="1") == ["plain,roster", "plain,room"]
    assert "plain,--plan" in answer("bash", COMP_WORDS="oneseat issue --p", COMP_CWORD="2")
    assert answer("bash", COMP_WORDS="oneseat completion p", COMP_CWORD="2") == ["plain,powershell"]
    assert answer("bash", COMP_WORDS="oneseat inspect x", COMP_CWORD="2") == ["file,x"]


def test_zsh_and_fish_are_answered_with_whole_summaries() -> None:
    zsh = answer("zsh", COMP_WORDS="oneseat ver", COMP_CWORD="1")
    assert zsh[:2] == ["plain", "verify"] and zsh[2].startswith("Exit 0 for a sound installer")
    fish = answer("fish", COMP_WORDS="oneseat ver", COMP_CWORD="ver")
    assert "verify" in "\n".join(fish) and "..." not in "\n".join(fish)


def test_the_script_for_fish_keeps_help_with_commas_whole() -> None:
    command = [sys.executable, str(ROOT / "build.py"), "completion", "fish"]
    script = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert 'string split --max 1 ","' in script and 'string split ","' not in script


@pytest.mark.parametrize(
    ("line", "word", "first"),
    [
        ("oneseat ro", 1, ["plain", "roster"]),
        ("oneseat exam", 2, ["plain", "new"]),
        ("oneseat issue --pl", 2, ["plain", "--plan"]),
        ("oneseat completion fi", 2, ["plain", "fish"]),
        ("oneseat inspect x", 2, ["file", "x"]),
    ],
)
def test_powershell_is_answered_three_lines_a_completion(line: str, word: int, first: list[str]) -> None:
    lines = answer("powershell", COMP_WORDS=line, COMP_CWORD=str(word))
    assert lines[:2] == first and len(lines) % 3 == 0 and all(lines)


@pytest.mark.parametrize("shell", shells.SHELLS)
def test_the_script_of_each_shell_asks_this_program(shell: str) -> None:
    command = [sys.executable, str(ROOT / "build.py"), "completion", shell]
    script = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"{shell}_complete" in script and shells.VARIABLE in script and "oneseat" in script
    assert shell != "powershell" or "Register-ArgumentCompleter -Native -CommandName oneseat" in script


def test_bash_completes_at_tab(path_with_program: str) -> None:
    script = (
        'eval "$(oneseat completion bash)"\n'
        "COMP_WORDS=(oneseat key); COMP_CWORD=1\n"
        "_oneseat_completion oneseat\n"
        'echo "${COMPREPLY[@]}"\n'
        "complete -p oneseat\n"
    )
    ended = _run("bash", script, path_with_program)
    assert ended.splitlines()[0] == "keys" and "_oneseat_completion oneseat" in ended


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh here")
def test_zsh_completes_at_tab(path_with_program: str) -> None:
    script = (
        "autoload -Uz compinit && compinit -u -D\n"
        'eval "$(oneseat completion zsh)"\n'
        "_describe() { shift; print -rl -- ${(P)${@[-1]}} ${(P)1} }\n"
        "compadd() { print -rl -- $@ }\n"
        "words=(oneseat key); CURRENT=2\n"
        "_oneseat_completion\n"
    )
    assert "keys:" in _run("zsh", script, path_with_program)


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish here")
def test_fish_completes_at_tab(path_with_program: str) -> None:
    script = "oneseat completion fish | source\ncomplete -C 'oneseat key'\n"
    assert _run("fish", script, path_with_program).startswith("keys")


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="no PowerShell here")
def test_powershell_completes_at_tab(path_with_program: str) -> None:
    script = (
        "oneseat completion powershell | Out-String | Invoke-Expression\n"
        "(TabExpansion2 -inputScript 'oneseat key' -cursorColumn 11).CompletionMatches.CompletionText\n"
    )
    assert "keys" in _run("pwsh", script, path_with_program)


def _run(shell: str, script: str, path: str) -> str:
    ended = subprocess.run(
        [shell, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path, "NO_COLOR": "1"},
        check=True,
    )
    assert "Usage:" not in ended.stderr
    return ended.stdout
