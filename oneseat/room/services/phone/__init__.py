"""What the room does for a candidate's phone: logins, licences, steps, beats, gates of the computer.

Modules:

* ``pairing`` -- Codes that a computer's page shows for the phone: one lets a phone in, the other lets it take
  over.
* ``phone_beats`` -- The phone's control call, as the computer's: takes, segments, addresses, and what the
  phone says of itself.
* ``phone_calls`` -- Opens calls of phones' pages: the phone by its cookie, its seat's attempts locked, the
  present one of them.
* ``phone_gates`` -- The gates of the phone on the computer's way: there before the devices, in its place
  before the start.
* ``phone_licences`` -- Verifies the licence of a candidate's phone app: signature, exam, build, time, and the
  app's own digest.
* ``phone_login`` -- Lets a phone in: by a typed identity or a pairing code, with a proof of its key and its
  app's licence.
* ``phone_proofs`` -- Proof of possession of a phone's key: a nonce of the room's, signed by ECDSA (P-256,
  SHA-256) once.
* ``phone_steps`` -- Takes a phone's steps: consent, self-check, sweep, placing, and in the end the promise of
  its takes.
* ``phone_view`` -- A phone's seat as the phone's page gets it: the phone, the attempt that it films, what it
  waits for.
* ``typed_identities`` -- Asks the portal, at once, whose seat a typed identity is. Few calls wait for it at a
  time.
"""
