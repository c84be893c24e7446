"""Pure rules, values in and values out: steps, answers' times, segment names, completeness, backlogs.

Modules:

* ``answer_chain`` -- Computes the hash chain of an attempt's answers, as the page computes it.
* ``answer_pauses`` -- Says which answers belong to a paused time. They are kept: who was offline did not know
  of it.
* ``answer_times`` -- Decides what an answer's time means: kept, kept as late, or refused. Only the server's
  clock counts.
* ``answer_values`` -- Decides whether an answer's value fits its question: the kind, the options, their
  number, the length.
* ``attention`` -- How much attention events ask for when attempts are looked through: an order to look in, no
  judgement.
* ``backlog`` -- Estimates what is left to upload and how long it takes, in the whole numbers that a page
  shows.
* ``clauses`` -- The clauses under which an invigilator marks a suspicion: a fixed list, in the notices'
  words.
* ``commitments`` -- Commits the audit log to what people write about an attempt: each act's entry has a
  digest of its record.
* ``completeness`` -- Decides whether everything promised is in the store, and what is missing where it is
  not.
* ``due`` -- When each class of kept data is due for erasure, by the charter in force.
* ``duties`` -- Decides what each role of an operator may do in the exam room.
* ``endings`` -- Decides who may end an attempt before its time, for which reasons, and when it may be opened
  again.
* ``gaps`` -- Finds the gaps of an attempt's recordings, and what was known to happen when each began.
* ``guard_silence`` -- Decides when a client's guard counts as connected, and when its silence is an event.
* ``help_stage`` -- Says how urgent a candidate's request is: at which stage the attempt is, and how much of
  it is left.
* ``identity`` -- Decides what people's decisions on an identity amount to, and which of them may be made.
* ``incidents`` -- Decides which reports are symptoms of a cause, when it is an incident, and what candidates
  read of it.
* ``judgements`` -- The order of a judgement's steps, and who may take the last one.
* ``live_pictures`` -- Decides which live pictures are taken: their form, from whom, in which part of an
  attempt.
* ``measures`` -- The reasons of measures that candidates read, and what a measure may not do at the moment it
  is given.
* ``paper_variants`` -- Decides which variant of a session's paper a seat gets: its own, or a draw that
  anybody can repeat.
* ``permissions`` -- Decides when a permission opens and ends: for a call of the service desk, and for leaving
  the picture.
* ``personal_requests`` -- What people may ask about their own data, how it may be answered, and by when.
* ``phones`` -- Decides what a phone is worth to an attempt: whether it is there, films, has a fault, and
  passes the gates.
* ``picture_due`` -- Decides when a live picture of a stream is missed: it was due, and did not come.
* ``plain_values`` -- Writes values of rows as exports have them: times in UTC to the microsecond, bytes in
  hexadecimal.
* ``playing`` -- Places an attempt's segments on the server's clock, for a player: which take has which
  moment, and gaps.
* ``question_times`` -- Stretches the times of single questions by a seat's extra time, so that all of them
  still fit the attempt.
* ``reminders`` -- The reminders that an invigilator may send: a fixed list, in the words that the candidate
  reads.
* ``segments`` -- Builds and checks the object names of segments, and the limits of what a page may announce.
* ``steps`` -- Decides at which step an attempt is, from its recorded facts and the server's clock alone.
* ``wall`` -- Decides what a wall shows of a live attempt: its alarms, their order, and which filters it
  passes.
* ``watching`` -- Says who is responsible for a group now: the first invigilator, the second one, or those who
  lead.
"""
