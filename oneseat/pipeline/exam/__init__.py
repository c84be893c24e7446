"""The exam file: its model, its rules, and the charter that is signed from it.

Modules:

* ``charters`` -- The exam file becomes the signed charter: export, sign, show, publish.
* ``errors`` -- Refusals of exam files and of signing and publishing charters.
* ``faults`` -- A fault in an exam file, message in two languages with its key and line.
* ``model`` -- The exam file: what it may say, and reading it.
* ``retention`` -- When an exam's data may be erased.
* ``rules`` -- The rules that no single setting can break: orders of times, overlaps, known names.
* ``scaffold`` -- A new exam file, commented, with dates to be changed and everything else ready to run.
* ``text`` -- An exam's schedule as a person reads it, in Chinese and English.
* ``toml_lines`` -- Line numbers of the keys of a TOML file, which :mod:`tomllib` does not give.
"""
