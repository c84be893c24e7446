"""Hands out what is kept of interviews as signed evidence, and verifies it anywhere.

Modules:

* ``attempt_folder`` -- Writes one attempt's folder: rows, recordings, joined copies, receipt, key history,
  signed manifest.
* ``attempt_rows`` -- Reads the rows of an exported attempt: its tables, the room's events, the audit log's
  entries about it.
* ``certificate`` -- Verifies the certificate of an erasure without database, store or network.
* ``cross_check`` -- Compares what is recorded twice of an attempt, so that rows changed before an export are
  found too.
* ``export`` -- Exports attempts into a folder that appears when it is whole.
* ``given_orders`` -- Exports the signed orders that moved sessions, and verifies them under the charters of
  an export.
* ``holding`` -- Places and releases holds: what appeals, inspectors or courts may need is not erased.
* ``joining`` -- Joins the segments of a take into one file that players open, by remuxing: no picture is
  encoded anew.
* ``looks`` -- Exports who looked at an attempt and acted on it: the audit log's entries, with their links of
  its chain.
* ``provenance`` -- States in a manifest which versions an attempt was held with, and how far its clocks were
  apart.
* ``purge`` -- Erases what a room has kept long enough, and certifies it.
* ``receipt_check`` -- Compares the receipt that a candidate holds with an exported attempt: answers, takes
  and their segments.
* ``repeat_check`` -- Compares the history of attempts that gave way to another session, or came of one, with
  the orders.
* ``seats`` -- Finds the seat that a command names: by admission number, by a licence's jti, or by an
  attempt's id.
* ``timestamps`` -- Timestamps of exports by RFC 3161: an authority outside the exam signs that they existed
  at a time.
* ``tree`` -- The layout of an export, and the writer of its files: each is hashed while it is written.
* ``verify`` -- Verifies an export without database, store or network: files, signatures, answers, events,
  receipts.
* ``written_check`` -- Compares what people wrote about an attempt with the audit log's entries of the acts
  that wrote it.
"""
