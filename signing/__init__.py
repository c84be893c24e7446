"""The trust kernel: who may use which installer, and how that is proved.

Values and bytes in, values and bytes out; nothing here imports another room. What is directly in this folder
verifies, runs on Python 3.8, and ships to candidates. ``authority`` makes the things that the others check,
and never ships.

Modules:

* ``authority/`` -- What the authority makes and others verify: key rings, signers, the region, batch logs.
  Never ships.
* ``binding`` -- What ties a seat to a person: normal forms, keyed hashes, the install code.
* ``charter`` -- The charter: an exam's rules and public keys, signed by the exam's root key.
* ``clock`` -- The source of time: one clock, passed in where time is needed.
* ``dates`` -- Dates in words: one notation per language, and one rule for midnight.
* ``der`` -- Just enough DER (ITU-T X.690) to walk a signature block by absolute offsets.
* ``documents`` -- Identity documents: which numbers can exist, by kind.
* ``errors`` -- The base class of every refusal: its code, its exit status, and its cause and remedy in two
  languages.
* ``fields`` -- Decodes signed JSON into typed records, and encodes them: a missing or mistyped member is
  refused by name.
* ``installer`` -- One pass over an installer: its licence, its Authenticode digest, its checksum.
* ``jws`` -- Signed tokens: JWS compact serialisation (RFC 7515) with ``"alg":"Ed25519"`` (RFC 8037, RFC
  9864).
* ``pe`` -- Windows programs: where the checksum, the security directory and the signature lie.
* ``refusals`` -- The kernel's refusals that ship: documents, tokens, licences, charters and installer files.
* ``region`` -- The licence region: fixed-size bytes inside the signature block, outside of what is signed.
* ``text`` -- Sentences in Chinese and English, with placeholders for facts.
* ``tokens`` -- The tokens that carry a seat through its life: licence, activation, ticket, portal time.
* ``urls`` -- Web addresses: https, or plain http to this computer itself, in a form that all readers take
  alike.
"""
