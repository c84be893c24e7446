"""The pages that candidates see.

Modules:

* ``candidate`` -- Candidates' pages: before the window, login, download, after it, and refusals.
* ``documents`` -- Pages to read: the manuals that the portal has itself, and the privacy notice. They need no
  login.
"""
