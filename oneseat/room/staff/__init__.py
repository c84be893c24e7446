"""Operators' pages of the room: attempts of a session, one attempt, and the decision on an identity.

Modules:

* ``acts`` -- Opens an operator's act on an attempt: found, locked, and with its entry in the audit log.
* ``attempts/`` -- One attempt for operators: its page, its recordings, and the acts on it.
* ``committing`` -- Computes the digest by which an act's entry in the audit log vouches for what the act has
  written.
* ``groups/`` -- Groups of candidates: who watches which.
* ``identity/`` -- The decision on an identity: photographs, their watermark, and new ones.
* ``live_wall/`` -- The wall: live attempts as tiles.
* ``personal_data/`` -- What is kept of a person, and requests about it.
* ``posting`` -- Answers an operator's form: acts, and shows its page again with what was done, or with the
  refusal.
* ``review/`` -- Attempts looked through and judged after their session.
* ``session/`` -- What concerns a whole session: the lead's page, measures, announcements, incidents.
* ``sessions`` -- Chooses the session that an operators' page shows, by its address or by the clock.
* ``showing`` -- Renders operators' pages, or parts of them, with what all of them share: charter, clock,
  words, policy.
* ``visits`` -- Authenticates requests to the room's pages for operators: entry from the desk, session, role,
  forms.
* ``words`` -- The words of operators' pages: states, reasons, steps and events, in both languages.
"""
