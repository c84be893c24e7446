"""The trust kernel: signs and verifies licences, charters and tokens, and stamps installers.

Nothing here imports another room. The modules directly in this folder verify, run on Python 3.8, and ship to
candidates. They take and return values and bytes. ``authority`` signs and stamps; it never ships.

Modules:

* ``apk`` -- Parses Android apps (APK): the zip's central directory and end record, and the APK Signing Block.
* ``apk_region`` -- The licence region of an Android app: the value of one pair in the APK Signing Block.
* ``apk_signature`` -- Reads the signatures of an APK (schemes v2 and v3), and computes the digest that they
  sign.
* ``authority/`` -- Signing and stamping: key rings, signers, the licence region, batch logs. Never ships.
* ``binding`` -- Binds a seat to a person: keyed hashes (HMAC) and the install code.
* ``charter`` -- The charter: an exam's rules and public keys, signed by the exam's root key.
* ``clock`` -- The source of time: one clock, passed in where time is needed.
* ``containers`` -- The kinds of file that carry a licence: what differs between an installer (PE) and a phone
  app (APK).
* ``dates`` -- Formats dates for people: one notation per language, and one rule for midnight.
* ``der`` -- A strict DER parser (ITU-T X.690) for walking a signature block by absolute offsets.
* ``documents`` -- Checks the numbers of identity documents by kind: form, date of birth, check character.
* ``errors`` -- The base class of all refusals: code, exit status, and cause and remedy in two languages.
* ``fields`` -- Decodes signed JSON into typed records, and encodes them; faulty members are refused by name.
* ``guard_events`` -- Hash chain of what a client's guard noticed in an attempt: each event names the one
  before, and is signed.
* ``installer`` -- Reads an installer: its licence, its Authenticode digest, its checksum.
* ``jws`` -- Signed tokens: JWS compact serialisation (RFC 7515) with ``"alg":"Ed25519"`` (RFC 8037, RFC
  9864).
* ``normal_forms`` -- Normalises names, ID numbers and admission numbers before they are hashed or compared.
* ``orders`` -- Orders that change a formal session on the day: signed by a key of the exam room, within
  bounds.
* ``os_faults`` -- Describes in two languages why the operating system refused something, by the number in
  ``errno``.
* ``pe`` -- Parses Windows programs (PE): offsets of checksum, security directory and signature.
* ``phone_app`` -- Reads a phone app (APK): its licence, and the digest of its content and signer.
* ``refusals`` -- The kernel's refusals that ship: documents, tokens, licences, charters and installer files.
* ``region`` -- The licence region: fixed-size bytes inside the signature block that the signature does not
  cover.
* ``room_tokens`` -- What the exam room and its clients sign: hand-in receipts, the time, a client's looks,
  entries to upload.
* ``seat_terms`` -- What an exam has approved for single seats: a session, a paper, extra time, and
  adjustments by code.
* ``service_hours`` -- Support's service hours out of the charter: whether support answers now, when it
  answers next, in words.
* ``session_times`` -- When each session begins and ends for one seat: by the charter, later orders, and the
  seat's own terms.
* ``text`` -- Sentences in Chinese and English, with placeholders for facts, and the filter for what they
  quote.
* ``tokens`` -- The signed tokens of a seat: licence, activation, ticket, and the portal's time.
* ``urls`` -- Parses web addresses strictly: https, or plain http on loopback, in the form that all parsers
  share.
"""
