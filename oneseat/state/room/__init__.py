"""Queries of the exam room: attempts, takes, answers, events, spent proofs and reports to the portal.

Modules:

* ``admissions`` -- Admission without the portal's tickets: whether it is on, and who came in so, until that
  is reconciled.
* ``announcements`` -- Announcements to candidates, and which bulletins (announcements, measures) were shown
  on which page.
* ``answers`` -- Answers: an append-only hash chain per attempt, whose head lies in the attempt's row.
* ``attempt_list`` -- Lists attempts of a session for operators, in pages, with what is missing of their
  recordings.
* ``attempts`` -- Attempts: one seat's stay in one session, its steps, its cookie, its epoch and its hand-in.
* ``endings`` -- Endings: requests to end an attempt, what another person decided on them, and reopenings.
* ``erasures`` -- The journal of erasures: what was deleted of which attempt, from which certificates are
  written.
* ``events`` -- Events of attempts, in the order in which the room got them: codes and numbers, no words.
* ``groups`` -- Groups of a session's attempts, their invigilators, and which group an attempt is in.
* ``guard_events`` -- Events of clients' guards, by attempt and sequence: each is stored once, as it was
  signed.
* ``help_requests`` -- Help requests of the room: kept until the portal has them, and followed there until
  they are closed.
* ``holds`` -- Holds on seats: nothing of a held seat is erased until every hold on it is released.
* ``identity`` -- The identity step's material: sealed photographs, sealed names and numbers, and people's
  decisions.
* ``incident_outbox`` -- Which incidents the portal lacks as they are now, in the table of incidents.
* ``incidents`` -- Incidents of the room: proposed once for a cause, opened and closed by people.
* ``kept`` -- What a room has kept of its attempts: rows of every room table that names one, for exports and
  erasure.
* ``live_groups`` -- Groups whose candidates are there now, and since when nobody watches them.
* ``marks`` -- Marks: suspicions that invigilators noted, each with a clause and its time in the recordings.
* ``measures`` -- Measures that are drafted, given or withdrawn in the room, and which of their orders the
  portal has.
* ``notes`` -- Operators' notes about attempts. They are only ever added.
* ``papers`` -- Papers: processes that wait for keys, messages to them, and keys from their session's start
  on.
* ``permissions`` -- Permissions: when a candidate might touch the phone or leave the picture, who opened it,
  and why.
* ``personal`` -- Requests of people about their own data: each is recorded with its deadline, and answered
  once.
* ``phone_codes`` -- Codes by which a phone comes to a seat (``pair``) or takes over from another one
  (``move``).
* ``phones`` -- Phones of seats: who logged in, what each has agreed to and passed, when it was heard, which
  one is live.
* ``pictures`` -- Live pictures: the newest of each attempt and stream, sealed; a newer one takes its place.
* ``proofs`` -- Spent proofs: each device signature is accepted once, whichever process of the room gets it.
* ``registered_photos`` -- Queries of registered photographs, which the room keeps sealed by the jti of their
  seats.
* ``reminders`` -- Reminders: what an invigilator sent to a candidate's page, when it was shown there, and
  when read.
* ``reports`` -- The outbox of reports to the portal: who started, who ended, and how far the upload is.
* ``reviews`` -- Reviews of attempts after a session, judgements step by step, and the events that people look
  at first.
* ``seats`` -- Queries of the room's own copy of what rosters gave to seats.
* ``symptoms`` -- Symptoms: which attempts have reported a cause lately. Incidents are counted from them, by
  seats.
* ``takes`` -- Takes: which segments were announced, under which SHA-256, and which are stored, in one row per
  take.
* ``wall`` -- Reads what a wall shows of a session's live attempts, in a few statements whose rows are narrow.
* ``watches`` -- The log of watches: which operator's page watched which group, from when to when.
"""
