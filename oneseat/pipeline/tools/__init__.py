"""External programs, one class each, which can check that the program works.

A tool knows its name, path, version, and how to install what is missing. On Windows the programs run
directly, elsewhere Windows programs run in wine.

Modules:

* ``code_signing`` -- Signs Windows programs (Authenticode) with osslsigncode, or with signtool on Windows.
* ``digests`` -- A cache of file digests by status (inode, size, times), for large trees that are read before
  every build.
* ``errors`` -- Refusals of external tools (makensis, wine, osslsigncode, signtool) and of code signing.
* ``identity`` -- Opens the code-signing identity, a certificate and its encrypted key; creates one for
  development.
* ``makensis`` -- makensis, the compiler of NSIS scripts (Nullsoft Scriptable Install System).
* ``registry`` -- Lists and checks all tools and the trees that some were unpacked into, for `doctor`.
* ``runner`` -- Runs external programs: without a shell, with a timeout, and with their last output on
  failure.
* ``tool`` -- The protocol of all tools; finding programs and parsing their versions.
* ``toolchain`` -- Digests of the programs that build a base, for its build id; checks of the cache that holds
  some.
* ``windows`` -- Runs Windows programs, on Windows or in wine, among them the Windows Python.
"""
