"""The main job, shown end to end on fictitious people: what ``build.py demo`` and the tests drive.

Modules:

* ``candidate`` -- Somebody at the portal: logs in and downloads, over real HTTP and by the public interface
  alone.
* ``computer`` -- A candidate's computer: a wine prefix of its own, with an identity of its own.
* ``errors`` -- Refusals of the demonstration itself.
* ``report`` -- What the demonstration made and proved, as rows and values for whatever shows them.
* ``room`` -- The demonstration's exam room: it takes what a client's door hands over, checks it, and shows
  it.
* ``run`` -- From an exam file to an accepted owner and a refused stranger, on real Windows artefacts.
"""
