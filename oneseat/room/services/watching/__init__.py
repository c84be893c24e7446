"""What invigilators watch: live pictures, groups, and groups that nobody watches.

Modules:

* ``live_pictures`` -- Takes live pictures of pages and phones: checks who sends them, and stores the newest
  ones together.
* ``unwatched`` -- Notes groups that nobody watches though their candidates are there, and the end of it.
* ``watched_groups`` -- Reads groups of candidates with who is responsible for each now.
"""
