"""Queries of the exam room: attempts, takes, answers, events, spent proofs and reports to the portal.

Modules:

* ``answers`` -- Answers: an append-only hash chain per attempt, whose head lies in the attempt's row.
* ``attempts`` -- Attempts: one seat's stay in one session, its steps, its cookie, its epoch and its hand-in.
* ``events`` -- Events of attempts, in the order in which the room got them: codes and numbers, no words.
* ``proofs`` -- Spent proofs: each device signature is accepted once, whichever process of the room gets it.
* ``reports`` -- The outbox of reports to the portal: who started and who ended, sent until the portal has
  answered.
* ``takes`` -- Takes: which segments were announced, under which SHA-256, and which are stored, in one row per
  take.
"""
