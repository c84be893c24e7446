"""What concerns a whole session: the lead's page, measures, announcements, incidents.

Modules:

* ``announcements`` -- Routes of the page of announcements: words for all candidates or a session's, and who
  has seen them.
* ``incidents`` -- Routes of the pages of incidents: all of them, one of them, and the files for elsewhere.
* ``lead`` -- Routes of the lead's page: a session at a glance, over all groups, live by the wall's own
  reader.
* ``lead_reading`` -- Reads what the lead's page shows of a session: figures, identities to decide, who is
  missing, orders.
* ``measures`` -- Routes of the page of measures: what was given, drafts, and the second person's
  confirmation.
"""
