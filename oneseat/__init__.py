"""OneSeat: one admission number, one installer, one device.

Modules:

* ``charts`` -- Line charts as SVG coordinates: a frame, axes with round steps, and polylines. Pure, and
  without scripts.
* ``client/`` -- The program on the candidate's computer: enrols a seat, and verifies it at every launch.
* ``commands/`` -- The commands of ``oneseat``, one module each: each parses, calls one function, shows one
  result.
* ``demo/`` -- The demonstration: the whole flow end to end on fictitious people (``oneseat demo``).
* ``files/`` -- Whole files: atomic writes, block copies, chunks, and the data files that travel with the
  package.
* ``pipeline/`` -- What a release engineer runs: exam file and roster in, base installer and licences out.
* ``portal/`` -- The download portal: candidates log in, fetch their installer and activate one computer.
* ``room/`` -- The exam room: a web server of its own that holds the interview, and keeps what is said there.
* ``state/`` -- The state database: seats, licences, activations, downloads, releases, charters, audit log.
* ``store/`` -- Object storage for published files: one protocol, with a folder and an S3 backend.
* ``web/`` -- What every web server of OneSeat needs, and that is about HTTP alone.
"""

__version__ = "0.2.0"
"""The version, written here only: distributions, the command line and each build read it from this line."""
