"""The tables by subject. Names are the field's terms; times are microseconds since 1970 in UTC.

Modules:

* ``accounts`` -- The tables of operators: accounts, sessions and the audit log.
* ``activation`` -- The tables of downloads, devices, failed identity checks, and logins that were ended.
* ``attendance`` -- The tables of attendance and of device check-ins.
* ``base`` -- The declarative base and the column types of all tables. Times are microseconds since 1970 in
  UTC.
* ``failures`` -- The table of what was refused to a seat: by kind and code, without a word about the person.
* ``help_requests`` -- The tables of the service desk: help requests, their events and pictures, and
  incidents.
* ``issuing`` -- The tables of issuing: seats, licences, issue runs, and re-issues queued at the desk.
* ``metadata`` -- The metadata of all tables, whatever a process has imported so far.
* ``programs`` -- The tables of programs that call the API: service tokens and failed calls.
* ``publishing`` -- The tables of publishing: releases, charters, maintenance, published batches.
* ``retention`` -- Declares of each table of the exam room how long its rows are kept, and which columns never
  leave it.
* ``room`` -- The tables of the exam room: attempts, takes, answers, events, spent proofs, reports to the
  portal.
* ``room_admissions`` -- The tables of admission without the portal's tickets: the switch's log, and who was
  admitted.
* ``room_groups`` -- The tables of those who watch: groups of attempts with their invigilators, and the log of
  watches.
* ``room_help`` -- The exam room's tables about help: candidates' requests on their way to the portal, and
  permissions.
* ``room_identity`` -- The tables of the room's identity step: photographs, typed names and numbers, and
  people's decisions.
* ``room_incidents`` -- The tables of incidents in the room: what attempts have reported lately, and
  incidents.
* ``room_invigilation`` -- The exam room's tables of what invigilators do: reminders, notes, marks, and
  attempts ended by two.
* ``room_keeping`` -- The tables of what a room keeps and erases: holds on seats, and the journal of erasures.
* ``room_measures`` -- The tables of what is decided on the day: drafts of measures, announcements, and who
  has seen them.
* ``room_papers`` -- The tables of the room's papers: waiting processes, messages to them, and keys from the
  start on.
* ``room_personal`` -- The table of what people asked about their own data, and how it was answered.
* ``room_phones`` -- The exam room's tables of phones: those that film candidates, and the codes by which they
  come and move.
* ``room_photos`` -- The table of registered photographs: what the organiser has of a face, beside which the
  room's are seen.
* ``room_pictures`` -- The table of live pictures: of each attempt's streams the newest small picture that its
  page has sent.
* ``room_reviews`` -- The tables of what people find after a session: reviews of attempts, and the steps of
  judgements.
"""
