"""The wall: live attempts as tiles.

Modules:

* ``wall`` -- Routes of the wall: a page of tiles, the stream of what changes on it, and the tiles' pictures.
* ``wall_pictures`` -- Remembers what a wall's reader saw of pages that owe live pictures: when they were
  away, when slow.
* ``wall_reading`` -- Reads a session's live attempts as the tiles of a wall: once in two seconds for all who
  watch it.
* ``wall_views`` -- A viewer's part of the wall: one page of one filter, and of what has changed since it was
  sent.
* ``wall_words`` -- The words of a wall's tiles. A tile is small, so it has Chinese words alone; the page
  explains the rest.
"""
