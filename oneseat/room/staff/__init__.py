"""Operators' pages of the room: attempts of a session, one attempt, and the decision on an identity.

Modules:

* ``acts`` -- Opens an operator's act on an attempt: found, locked, and with its entry in the audit log.
* ``announcements`` -- Routes of the page of announcements: words for all candidates or a session's, and who
  has seen them.
* ``committing`` -- Computes the digest by which an act's entry in the audit log vouches for what the act has
  written.
* ``decisions`` -- An identity to decide on: what a person may see of it, and the decision, each look and act
  audited.
* ``ending`` -- Ends an attempt by two persons, and opens one again: each act with a name, a reason, and the
  audit log.
* ``group_pages`` -- Routes of the page of groups: who watches which, and the beat of an invigilator's open
  page.
* ``grouping`` -- Says who watches which group: prepares groups, assigns their invigilators, and takes one
  over.
* ``incidents`` -- Routes of the pages of incidents: all of them, one of them, and the files for elsewhere.
* ``invigilating`` -- Routes of what invigilators do on an attempt's page: reminders, notes, marks,
  permissions, endings.
* ``invigilation`` -- What an attempt's page shows of its invigilation, and which acts it offers this
  operator.
* ``judging`` -- Reviews an attempt after its session, and judges it step by step, each act audited.
* ``lead`` -- Routes of the lead's page: a session at a glance, over all groups, live by the wall's own
  reader.
* ``lead_reading`` -- Reads what the lead's page shows of a session: figures, identities to decide, who is
  missing, orders.
* ``look_keys`` -- Gives the key of a look that is one audit entry and shows much: the wall, or an attempt
  that is followed.
* ``marking`` -- Writes notes about an attempt, and marks suspicions in its recordings, for people to judge
  later.
* ``measures`` -- Routes of the page of measures: what was given, drafts, and the second person's
  confirmation.
* ``pages`` -- Routes of operators' pages: entry, the list of a session's attempts, one attempt, its identity.
* ``permits`` -- Permits a candidate to touch the phone or to leave the picture, and ends the permission.
* ``personal`` -- What is kept of a person, and requests about it: recorded with a deadline, and answered
  once.
* ``personal_pages`` -- Routes of the pages about personal data: requests that are open, and what is kept of
  one person.
* ``personal_words`` -- The words of the pages about personal data, in both languages.
* ``player`` -- Routes of the player: an attempt's streams side by side by the server's clock, and single
  segments.
* ``posting`` -- Answers an operator's form: acts, and shows its page again with what was done, or with the
  refusal.
* ``recordings`` -- Opens an attempt's recordings for a player, and single segments: each look is in the audit
  log.
* ``reminders`` -- Sends one of the listed reminders to a candidate, with its entry in the audit log.
* ``retakes`` -- Asks a candidate for new photographs, with a reason that the candidate reads, while time
  allows it.
* ``review_list`` -- Reads what a session's attempts lack and what happened in them, sorted by what to look at
  first.
* ``review_words`` -- The words of the pages for review and judgement, in both languages.
* ``reviewing`` -- Routes of the pages for review after a session: the list of its attempts, one of them, and
  judgements.
* ``sessions`` -- Chooses the session that an operators' page shows, by its address or by the clock.
* ``showing`` -- Renders operators' pages, or parts of them, with what all of them share: charter, clock,
  words, policy.
* ``visits`` -- Authenticates requests to the room's pages for operators: entry from the desk, session, role,
  forms.
* ``wall`` -- Routes of the wall: a page of tiles, the stream of what changes on it, and the tiles' pictures.
* ``wall_pictures`` -- Remembers what a wall's reader saw of pages that owe live pictures: when they were
  away, when slow.
* ``wall_reading`` -- Reads a session's live attempts as the tiles of a wall: once in two seconds for all who
  watch it.
* ``wall_views`` -- A viewer's part of the wall: one page of one filter, and of what has changed since it was
  sent.
* ``wall_words`` -- The words of a wall's tiles. A tile is small, so it has Chinese words alone; the page
  explains the rest.
* ``watches`` -- Takes in the beats of operators' open pages, and says who is responsible for each of their
  groups.
* ``watermark`` -- Writes the looking operator's name and the time across a photograph, into its pixels.
* ``words`` -- The words of operators' pages: states, reasons, steps and events, in both languages.
"""
