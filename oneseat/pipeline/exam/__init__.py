"""The exam file: its model, its rules, and the charter that is signed from it.

Modules:

* ``charters`` -- Exports an exam file as a charter, signs it, and publishes it.
* ``errors`` -- Refusals of exam files and of signing and publishing charters.
* ``faults`` -- Reports faults of an exam file in two languages, with key and line.
* ``model`` -- The exam file's model (pydantic), and its parser.
* ``remarks`` -- Remarks on a valid exam file: what is allowed and rarely meant, each with its consequence.
* ``retention`` -- Decides when an exam's data may be erased.
* ``rules`` -- Rules between several settings of an exam file: order of times, overlaps, known names.
* ``scaffold`` -- Writes a new exam file from a template: commented, valid, with dates to be changed.
* ``text`` -- Formats an exam's schedule and rules for people, in Chinese and English.
* ``toml_lines`` -- Line numbers of the keys of a TOML file, which :mod:`tomllib` does not give.
* ``values`` -- Checks of single values of an exam file: text that shows, names that Windows allows, likely
  years.
"""
