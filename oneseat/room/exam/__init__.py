"""One exam as the room serves it: charter, keys, database, store of recordings, papers.

Modules:

* ``announced`` -- An exam's announcements in memory, read again when there is a new one.
* ``kept_room`` -- What a room has kept, opened for commands: database, store, keys and the history of
  charters.
* ``photo_shelf`` -- Registered photographs as the room keeps them: sealed for its public key on the way, by
  its own key here.
* ``sealers`` -- Derives from the ring's secret the keys that encrypt what a room keeps, one for each purpose.
* ``seat_copy`` -- The room's copy of what rosters gave to seats: in memory for every call, in the database
  for restarts.
* ``served_room`` -- The room's keys, database, store, papers and charter in force, shared by all requests of
  a process.
* ``unlocked`` -- Keys of papers in this process's memory, with who released them; and which of them are
  stored.
"""
