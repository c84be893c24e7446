"""The exam file: its model, its rules, and the charter that is signed from it.

Modules:

* ``charters`` -- Exports an exam file as a charter, signs it, and publishes it.
* ``errors`` -- Refusals of exam files and of signing and publishing charters.
* ``model`` -- The exam file's model (pydantic), and its parser.
* ``phone_remarks`` -- Remarks on phones that film in this project's own room: what the exam file leaves open
  or contradicts.
* ``remarks`` -- Remarks on a valid exam file: what is allowed and rarely meant, each with its consequence.
* ``retention`` -- Decides when an exam's data may be erased.
* ``room_remarks`` -- Remarks on what an exam in this project's own room should set, and on a room that moves.
* ``rules`` -- Rules between several settings of an exam file: order of times, overlaps, known names.
* ``scaffold`` -- Writes a new exam file from a template: commented, valid, with dates to be changed.
* ``text`` -- Formats an exam's schedule and rules for people, in Chinese and English.
* ``values`` -- Checks of single values of an exam file: text that shows, names that Windows allows, likely
  years.
"""
