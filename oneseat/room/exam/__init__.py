"""One exam as the room serves it: charter, keys, database, store of recordings, papers.

Modules:

* ``papers`` -- Papers: the questions of each session, read from one TOML file a session when the room starts.
* ``served_room`` -- The room's keys, database, store, papers and charter in force, shared by all requests of
  a process.
"""
