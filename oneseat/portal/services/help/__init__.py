"""Help requests of candidates: submitting, reading, the queue, and the encryption of what was written.

Modules:

* ``details`` -- Encrypts what a help request says, so that a copy of the database shows no number and no
  words.
* ``from_devices`` -- Authenticates help requests of a seat's device by its signature, as check-ins are.
* ``pictures`` -- Attaches pictures to help requests, takes them away, and decrypts them for an operator.
* ``queue_board`` -- The queue of one exam's open help requests, read from the database at most once a second.
* ``reading`` -- Reads a candidate's own help request: state in words, place in the queue, waiting time,
  answers.
* ``submitting`` -- Submits and withdraws help requests, of identified candidates and of strangers.
"""
