"""An attempt from its first call to its completion: locks, times, hand-in, receipt, permissions.

Modules:

* ``completion`` -- Completes an attempt when everything it promised is in the store, by the store's own
  listing.
* ``current_attempt`` -- Brings a locked attempt up to date: its times by the charter in force, its hand-in by
  the clock.
* ``following`` -- Moves or ends attempts whose pages do not call: who is offline gets a measure all the same.
* ``hand_in`` -- Hands attempts in: by the candidate from the end on, by the clock when nobody does, or by a
  decision.
* ``permission_log`` -- Records that permissions open and end, each with its event in the attempt's history.
* ``permitting`` -- Opens and ends permissions: for a call of the desk, for leaving before the start, by an
  invigilator.
* ``receipts`` -- Signs hand-in receipts, and reads the short number of one for people.
* ``repeating`` -- Repeats in another session: which seats may be given one, and what becomes of their first
  attempts.
* ``sweeping`` -- Hands in by the clock what no page hands in, and forgets spent proofs: a thread of each room
  process.
* ``symptoms`` -- Notes which events are symptoms: one statement for a group of calls, and none where there
  are none.
* ``window_calls`` -- Opens calls of pages in a write transaction: attempts locked, epochs and times checked.
"""
