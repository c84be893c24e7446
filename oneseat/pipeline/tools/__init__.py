"""External programs, one class each, which can check that the program works.

A tool knows its name, path, version, and how to install what is missing. On Windows the programs run
directly, elsewhere Windows programs run in wine.

Modules:

* ``code_signing`` -- Signing Windows programs (Authenticode): osslsigncode anywhere, signtool on Windows, one
  protocol.
* ``errors`` -- Refusals of external tools (makensis, wine, osslsigncode, signtool) and of code signing.
* ``identity`` -- The code-signing identity: a certificate and its encrypted key in one folder, and a
  development one.
* ``makensis`` -- makensis, the compiler of NSIS scripts (Nullsoft Scriptable Install System).
* ``registry`` -- All tools, for `doctor`: which are in order, and how to mend the others.
* ``runner`` -- Starting programs: a list and never a shell, a time limit, and the last lines when it fails.
* ``tool`` -- What all tools have in common: they can be found, asked for their version, and mended.
* ``windows`` -- Where Windows programs run: on Windows itself, or in wine; and the Windows Python in either.
"""
