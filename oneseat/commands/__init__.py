"""The commands of ``build.py``, one module each: each parses, calls one function, shows one result.

Modules:

* ``batch`` -- From a roster to what candidates see: rosters, licences, installers, releases.
* ``building`` -- The charter that every part obeys, and the base that all candidates share.
* ``ceremony`` -- The root key's ceremony as people go through it.
* ``context`` -- What all commands share: their common options, where settings come from, and the one place
  that catches.
* ``desk`` -- Who works at the operators' desk, and the log of what they did.
* ``keys`` -- The exam's keys: made, listed, rotated, and put into other custody.
* ``preparing`` -- Before an exam: tools, exam file, keys.
* ``proving`` -- What a batch proves: that an installer is part of it, and that a later one extends it.
* ``publishing`` -- What candidates see, and what the store holds for it: publishing, and taking away again.
* ``serving`` -- The portal, and the programs that may call it.
* ``showing`` -- Seeing it work, and help for the shell.
* ``state`` -- The state as a whole: backed up, restored, shown to an auditor, erased.
* ``workers`` -- The options by which a command is told where its chunks are worked on.
"""
