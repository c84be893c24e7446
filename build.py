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
the one place that catches refusals. An installed package has the same command as ``oneseat``.
"""

from __future__ import annotations

from oneseat.commands.main import main

if __name__ == "__main__":
    main()
