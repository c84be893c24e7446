"""What a candidate's page asks and tells during an attempt.

Modules:

* ``answering`` -- Keeps answers: chained by their hashes, on time or late by the server's clock, each once.
* ``attempt_view`` -- An attempt as the page gets it: the step by the server's clock, the times, the receipt.
* ``beat_merging`` -- Merges what a page announces into its attempt's takes, within an attempt's limits. No
  database is used.
* ``beats`` -- The page's control call: announces takes and segments, gets upload addresses and what is
  stored.
* ``bulletins`` -- Bulletins on candidates' pages: measures that concern them, and announcements; and what
  they have seen.
* ``events_in`` -- Takes events from pages: codes, numbers and flags are kept, and everything else is dropped.
* ``guarding`` -- Takes in what a client's guard reports: checks signatures and chain, notes gaps and silence.
* ``page_hand_in`` -- The page's hand-in: from the attempt's end on, with the number of segments of each of
  its takes.
* ``phone_status`` -- The phone as the computer's page gets it, and what its faults bring about: a note and a
  permission.
* ``reminding`` -- Sends reminders to a candidate's page, and records when they were shown there and read.
"""
