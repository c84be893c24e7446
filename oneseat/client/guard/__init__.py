"""The guard (考试监测): looks at the computer in a session, and tells the room what it finds.

Modules:

* ``findings`` -- What the guard sees now, as findings with words for the candidate.
* ``guard`` -- Watches the computer while an attempt runs: begins when the room says so, ends with the
  attempt.
* ``journal`` -- Keeps an attempt's guard events until the room has them: encrypted,
  ``<own>/<exam>/guard-<attempt>.bin``.
* ``sight`` -- What one look at the computer sees, and the protocol of the probe that takes it.
* ``watching`` -- Compares each look at the computer with the one before it, and says what is new.
"""
