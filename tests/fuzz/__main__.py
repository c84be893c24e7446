"""Fuzz one target with atheris: coverage-guided, until the time or the inputs are over or something breaks.

    .venv/bin/python -m tests.fuzz TARGET [--seconds 60] [--runs N] [--keep FOLDER]

With ``--runs`` the inputs are the same ones each time. Exits with 0 when nothing broke; otherwise prints the
traceback and leaves the input as a ``crash-...`` file in the working folder. New inputs that
reach further go to ``--keep``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["oneseat.client", "signing", "tests.fuzz.planted"]):
    from tests.fuzz import planted
    from tests.fuzz.targets import TARGETS

from tests.fuzz.seeds import CORPUS

MAX_INPUT_BYTES = 16384


def main(arguments: list[str]) -> None:
    """Run libFuzzer; it ends the process itself."""
    every = {**TARGETS, planted.NAME: planted.planted}
    parser = argparse.ArgumentParser(prog="tests.fuzz")
    parser.add_argument("target", choices=sorted(every))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=0, help="inputs to try; 0: as many as the time allows")
    parser.add_argument("--keep")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        corpus = CORPUS / options.target
        folders = [options.keep or scratch, *([str(corpus)] if corpus.is_dir() else [])]
        limits = [f"-max_total_time={options.seconds}", f"-max_len={MAX_INPUT_BYTES}", "-timeout=10"]
        if options.runs:
            limits += [f"-runs={options.runs}", "-seed=1"]
        atheris.Setup([sys.argv[0], *limits, *folders], every[options.target])
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
