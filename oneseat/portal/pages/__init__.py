"""The pages that candidates see.

Modules:

* ``candidate`` -- The pages that candidates see: before, login, download, after, and refusals by code.
"""
