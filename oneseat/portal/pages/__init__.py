"""The pages that candidates see.

Modules:

* ``candidate`` -- Candidates' pages: before the window, login, download, after it, and refusals.
"""
