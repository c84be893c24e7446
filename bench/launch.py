"""Measures the candidate's wait at every launch: start of the window, and launch verification.

The verification, without interpreter start: a computer with two enrolled seats, the whole state on
disk, the charter of a real exam with its software catalogue: charter signature and version,
licence signature, exam, build, validity, binding tag, computer, activation. Keys of the ``--json`` object:

* ``verify_ms`` -- the launch verification, warm; at most 50
* ``first_ms`` -- the same, the first time in its process
* ``client_start_s``, ``bare_start_s`` -- from the start of the frozen client, under wine, until its
  login window is drawn and on the screen, and of a bare Tk window that is packed the same way; the
  median of several rounds
* ``start_ratio`` -- the first by the second; at most 1.5
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click

from bench.launch_start import median_starts
from bench.measure import interleaved, report
from oneseat.client.actions import Actions
from oneseat.client.enrol import Enrolment
from oneseat.client.online.portal import Portal as PortalClient
from oneseat.pipeline.exam import model as exams
from oneseat.pipeline.exam.charters import export
from signing.charter import TYP
from tests.client.simulated import BUILD, NOW, OWNER, STRANGER, Authority, Installation, Portal, sign

_EXAM = Path(__file__).parents[1] / "exams" / "interview-2023-01.toml"


def with_real_rules(authority: Authority) -> str:
    """Sign a charter with the first exam's rules and catalogue, and this benchmark's keys and dates."""
    plain = authority.charter()
    third_party = {
        "exam_room": exams.ExamRoom(url="https://room.example/enter")
    }  # there is no room's ring here
    real = export(exams.load(_EXAM).model_copy(update=third_party), 2, NOW, plain.keys, [BUILD])
    unchanged = {
        name: getattr(plain, name) for name in ("exam", "portal_url", "ends", "download", "document_kinds")
    }
    return sign(authority.root, TYP, replace(real, **unchanged).claims())


def enrolled(folder: Path) -> Actions:
    """Enrol two candidates on one simulated computer, and return the actions of a run."""
    authority = Authority()
    with Portal(authority):
        installation = Installation.at(folder, authority)
        (installation.program.folder / "charter.jws").write_text(with_real_rules(authority))
        actions = installation.actions()
        for person in (STRANGER, OWNER):
            file = installation.installer(authority.licence_token(person))
            run = Enrolment(
                actions.program, actions.computer, actions.clock, installation.log.append, PortalClient
            )
            run.run(file, person)
    return actions


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--rounds", default=50, show_default=True, help="Of the verification.")
@click.option("--starts", default=15, show_default=True, help="Rounds of starting both windows.")
def main(as_json: bool, rounds: int, starts: int) -> None:
    """Measure launch verification and start of the window; status 1 if a limit is exceeded."""
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-") as name:
        actions = enrolled(Path(name))
        started = time.perf_counter()
        actions.accept(OWNER)
        first = time.perf_counter() - started
        seconds = interleaved({"verify": lambda: actions.accept(OWNER)}, rounds)
    figures = {"verify_ms": seconds["verify"] * 1e3, "first_ms": first * 1e3}
    with tempfile.TemporaryDirectory(prefix="oneseat-bench-") as name:
        start_s = median_starts(Path(name), starts)
    figures |= {"client_start_s": start_s["client"], "bare_start_s": start_s["bare"]}
    figures["start_ratio"] = start_s["client"] / start_s["bare"]
    report("Launch", figures, {"verify_ms": 50, "start_ratio": 1.5}, as_json)


if __name__ == "__main__":
    main()
