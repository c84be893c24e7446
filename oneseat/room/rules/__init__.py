"""Pure rules, values in and values out: steps, answers' times, segment names, completeness, backlogs.

Modules:

* ``answer_chain`` -- Computes the hash chain of an attempt's answers, as the page computes it.
* ``answer_times`` -- Decides what an answer's time means: kept, kept as late, or refused. Only the server's
  clock counts.
* ``backlog`` -- Estimates what is left to upload and how long it takes, in the whole numbers that a page
  shows.
* ``completeness`` -- Decides whether everything promised is in the store, and what is missing where it is
  not.
* ``segments`` -- Builds and checks the object names of segments, and the limits of what a page may announce.
* ``steps`` -- Decides at which step an attempt is, from its recorded facts and the server's clock alone.
"""
