"""Attempts looked through and judged after their session.

Modules:

* ``judging`` -- Reviews an attempt after its session, and judges it step by step, each act audited.
* ``review_list`` -- Reads what a session's attempts lack and what happened in them, sorted by what to look at
  first.
* ``review_words`` -- The words of the pages for review and judgement, in both languages.
* ``reviewing`` -- Routes of the pages for review after a session: the list of its attempts, one of them, and
  judgements.
"""
