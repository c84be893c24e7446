#!/usr/bin/env python3
"""OneSeat's command line: one thin command per job, in the order in which a release engineer needs them.

    exam file -> keys -> charter -> base -> roster -> issue -> publish -> portal

    doctor, exam                       check the tools; write and check the exam file
    keys, charter, base                make the keys; sign the rules; build the installer that all share
    roster, issue, stamp               check the roster; give each candidate a seat and a licence
    publish, unpublish                 show candidates the base with the newest licences; take it away
    inspect, verify, prove, report     check what was made, and prove what was published
    release, status                    charter, base, issue and publish in one run; where an exam is
    portal, service-token              serve downloads; let programs call the portal
    operator, audit, state             accounts of the operators' desk, its log, backup and erasure
    clean                              delete what stopped and earlier runs left
    demo, completion                   see it work; help for the shell

Each command is a module of its name in :mod:`oneseat.commands`; ``main`` there collects them, and ``run`` is
the one place that catches refusals. The program's name is ``oneseat``, as help and remedies call it. ``make
setup`` installs it as ``.venv/bin/oneseat``, and this file starts the same program from a checkout.
"""

from __future__ import annotations

import sys

NOT_SET_UP = """\
build.py needs Python 3.11 or later and the packages of this project, which this Python ({python}) lacks.
Run `make setup` once (on Windows: `py -3.11 -m bootstrap`), then start {program}.
build.py 需要 Python 3.11 或更高版本以及本项目的依赖包，当前的 Python（{python}）不具备。
请先运行一次 `make setup`（Windows 上为 `py -3.11 -m bootstrap`），然后启动 {program}。
"""
LACKS_SOMETHING = 5
"""The exit status of refusals for what this computer lacks; see docs/reference/errors.md."""


def refuse_to_start() -> int:
    """Say how to set the project up, in place of a traceback about the first module that is missing."""
    program = ".venv\\Scripts\\oneseat" if sys.platform == "win32" else ".venv/bin/oneseat"
    text = NOT_SET_UP.format(python=sys.executable, program=program)
    encoding = sys.stderr.encoding or "ascii"
    sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
    return LACKS_SOMETHING


try:
    from oneseat.commands.main import main
except ImportError as lacking:
    if (lacking.name or "").partition(".")[0] in ("oneseat", "signing"):
        raise
    sys.exit(refuse_to_start())

if __name__ == "__main__":
    main()
