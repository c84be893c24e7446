"""What the room does for one attempt, each service in a transaction of its own.

Modules:

* ``admission`` -- Admits an activated device without the portal's ticket, while two persons have switched
  that on.
* ``admission_switch`` -- Switches admission without tickets on or off: an act of two persons, in a log and in
  the audit log.
* ``answering`` -- Keeps answers: chained by their hashes, on time or late by the server's clock, each once.
* ``attempt_view`` -- An attempt as the page gets it: the step by the server's clock, the times, the receipt.
* ``beat_merging`` -- Merges what a page announces into its attempt's takes, within an attempt's limits. No
  database is used.
* ``beats`` -- The page's control call: announces takes and segments, gets upload addresses and what is
  stored.
* ``bulletins`` -- Bulletins on candidates' pages: measures that concern them, and announcements; and what
  they have seen.
* ``called_seats`` -- Asks the portal which seats the service desk is calling, and follows those that are in
  an attempt here.
* ``completion`` -- Completes an attempt when everything it promised is in the store, by the store's own
  listing.
* ``current_attempt`` -- Brings a locked attempt up to date: its times by the charter in force, its hand-in by
  the clock.
* ``entry`` -- Lets a ticket's bearer in: verifies ticket and proof, finds or begins the attempt, sets a
  cookie.
* ``events_in`` -- Takes events from pages: codes, numbers and flags are kept, and everything else is dropped.
* ``following`` -- Moves or ends attempts whose pages do not call: who is offline gets a measure all the same.
* ``guarding`` -- Takes in what a client's guard reports: checks signatures and chain, notes gaps and silence.
* ``hand_in`` -- Hands attempts in: by the candidate from the end on, by the clock when nobody does, or by a
  decision.
* ``help_requests`` -- Takes a candidate's requests for help, and says what became of them. The portal gets
  them from a thread.
* ``identity_checks`` -- Asks the portal whether typed names and numbers are the seats' own: an outbox,
  emptied by a thread.
* ``identity_step`` -- The identity step: takes photographs of face and card, name and number, and keeps them
  sealed.
* ``incident_outbox`` -- Tells the portal of incidents as they are now: an outbox, emptied by a thread.
* ``incidents`` -- Proposes incidents from what attempts report, and opens and closes them as people decide.
* ``live_pictures`` -- Takes live pictures of pages and phones: checks who sends them, and stores the newest
  ones together.
* ``looks`` -- The client's look at the room: what became of its window and attempt, and the grant to upload
  later.
* ``measures`` -- Gives measures: one person drafts, a second one has the order signed by the room's key,
  within bounds.
* ``order_outbox`` -- Sends the room's orders to the portal, one after the other: an outbox, emptied by a
  thread.
* ``order_refresh`` -- Fetches signed orders from the portal, for a room with a database of its own. A thread
  of each process.
* ``page_hand_in`` -- The page's hand-in: from the attempt's end on, with the number of segments of each of
  its takes.
* ``paper_delivery`` -- Hands out papers: the sealed box from the consent on, the key from the start on; opens
  them for checks.
* ``paper_holders`` -- Sends a holder's shares of a session's papers to every process of the room that waits
  for them.
* ``paper_keys`` -- Finds a paper's key, which is the room's own or in memory; stores it from the start on,
  and loads it again.
* ``paper_release`` -- Takes in holders' shares, hands keys on to other processes, stores them at the start,
  raises the alarm.
* ``permission_log`` -- Records that permissions open and end, each with its event in the attempt's history.
* ``permitting`` -- Opens and ends permissions: for a call of the desk, for leaving before the start, by an
  invigilator.
* ``phone/`` -- What the room does for a candidate's phone: logins, licences, steps, beats, gates of the
  computer.
* ``phone_status`` -- The phone as the computer's page gets it, and what its faults bring about: a note and a
  permission.
* ``portal_calls`` -- Calls the portal with the room's service token, and empties outboxes of calls: a thread
  for each.
* ``portal_help`` -- Passes help requests on to the portal's help API and follows them there. A thread of each
  room process.
* ``portal_reports`` -- Sends the outbox of reports to the portal: starts, ends, uploads. A thread of each
  room process.
* ``proofs`` -- Verifies a client's proof: a device signature with a time, which is accepted once.
* ``receipts`` -- Signs hand-in receipts, and reads the short number of one for people.
* ``reconciling`` -- Tells the portal, when it is back, who was admitted without its ticket. A thread of each
  room process.
* ``reminding`` -- Sends reminders to a candidate's page, and records when they were shown there and read.
* ``repeating`` -- Repeats in another session: which seats may be given one, and what becomes of their first
  attempts.
* ``rounds`` -- A thread that does something again and again, and outlives its faults.
* ``seat_refresh`` -- Fetches what rosters gave to seats from the portal, into the room's copy. A thread of
  each room process.
* ``steps_taken`` -- Takes the steps before the questions: joining, consent, devices, rules of the room, a
  mock's begin.
* ``sweeping`` -- Hands in by the clock what no page hands in, and forgets spent proofs: a thread of each room
  process.
* ``symptoms`` -- Notes which events are symptoms: one statement for a group of calls, and none where there
  are none.
* ``unwatched`` -- Notes groups that nobody watches though their candidates are there, and the end of it.
* ``upload_grants`` -- Upload grants: with one, a client opens the upload page again after its ticket has
  ended.
* ``upload_reports`` -- What the portal is told of an attempt's upload, and when it is told again.
* ``watched_groups`` -- Reads groups of candidates with who is responsible for each now.
* ``window_calls`` -- Opens calls of pages in a write transaction: attempts locked, epochs and times checked.
* ``wire_times`` -- Writes times for pages and clients: RFC 3339 in UTC, to the millisecond.
"""
