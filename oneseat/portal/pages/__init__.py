"""The pages that candidates see.

Modules:

* ``candidate`` -- Candidates' pages: before the window, login, download, after it, and refusals.
* ``documents`` -- Pages to read: the manuals that the portal has itself, and the privacy notice. They need no
  login.
* ``candidate`` -- Candidates' pages without a login: before the window, login, after it, and refusals; login
  and logout.
* ``own_page`` -- A candidate's own page, one for every state, and the page route of the download.
* ``short_code`` -- The page on which a computer opens the exam whose short code a phone shows.
* ``state_words`` -- The words of each candidate state: heading and text of its next action, and the label of
  its deadline.
"""
