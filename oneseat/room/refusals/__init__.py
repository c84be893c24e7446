"""Every refusal of the room by subject, each with the HTTP status that carries it.

Modules:

* ``answers`` -- Refusals of an answer's content: its question is none of the paper, or its value does not fit
  it.
* ``attempts`` -- Refusals within an attempt: an older window, steps out of order, times, answers, recordings.
* ``entry`` -- Refusals of entry: tickets, grants, proofs, and windows without an entry.
* ``evidence`` -- Refusals of exporting evidence, and what is wrong with an export that is verified.
* ``guard`` -- Refusals of what a client's guard sends.
* ``help`` -- Refusals of requests for help and of permissions.
* ``holders`` -- Refusals of those who hold a paper's key: their key files, their shares, and when they
  release it.
* ``identity`` -- Refusals of the identity step.
* ``incidents`` -- Refusals of incidents.
* ``invigilation`` -- Refusals of what invigilators do: reminders, notes, marks, permissions, endings.
* ``judgements`` -- Refusals of reviews and judgements after a session.
* ``keeping`` -- Refusals of holding and erasing what a room has kept.
* ``measures`` -- Refusals of measures: what one person drafts and a second one has signed.
* ``papers`` -- Refusals of papers: faults in their files, holders and their shares, the release of a paper's
  key.
* ``personal`` -- Refusals of requests about personal data.
* ``phones`` -- Refusals of phones: their logins, licences and codes, and the gates that wait for them.
* ``photos`` -- Refusals of files of registered photographs.
* ``staff`` -- Refusals of operators' pages in the room.
* ``start`` -- Refusals to start: settings, keys, papers or a charter that the room cannot use.
* ``wall`` -- Refusals of live pictures, and of the wall that shows them.
"""
