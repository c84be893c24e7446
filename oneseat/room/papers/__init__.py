"""Papers: their files, their checks, sealing them for two holders, and what a room holds of them.

Modules:

* ``boxes`` -- Encrypts a paper with a key of its own: AES-256-GCM, bound to exam, session and variant.
* ``checking`` -- Checks a folder of papers as a whole: every session's papers, shared questions, and the
  times.
* ``faults`` -- Faults of papers, each with its file, its line or member, and what to do.
* ``form`` -- The form of a paper's file: pydantic models of its head, its questions by kind, and their
  materials.
* ``holders`` -- Splits a paper's key between holders, any two of whom release it, and none alone.
* ``materials`` -- Reads the pictures and sounds of a paper from the files beside it, within bounds, as the
  page gets them.
* ``reading`` -- Reads a paper's TOML file and the pictures and sounds beside it; collects all faults at once.
* ``sealed_files`` -- The file of a sealed paper: the box, one share of its key for each holder, and when it
  may be released.
* ``sealing`` -- Seals a folder of checked papers into a new folder, for a room to be started on.
* ``sessions`` -- What papers need to know of the sessions of a charter; a paper's name says of which session
  it is.
* ``shelf`` -- The papers of a room: sealed by itself from plain files, or by holders, and opened from the
  start on.
* ``text`` -- A paper as a person reads it on a terminal, in both languages.
"""
