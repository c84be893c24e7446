"""The tables by subject. Names are the field's terms; times are microseconds since 1970 in UTC.

Modules:

* ``accounts`` -- The tables of the operators' desk: who may use it, and what it has changed.
* ``attendance`` -- The tables of the days of the interviews: who entered which session, and which services
  may report.
* ``issuing`` -- A batch's journal: what was planned and done chunk by chunk, and which rows were left out.
* ``programs`` -- The tables behind programs that call: when a device was last heard of, and which proofs were
  retries.
* ``publishing`` -- The tables of the batch log: manifest lines, the tree over them in tiles, and the signed
  heads.
* ``seats`` -- The tables. Names are the field's terms; times are microseconds since 1970 in UTC.
"""
