"""What the authority makes and others verify: key rings, signers, the region, batch logs. Never ships.

Modules:

* ``batch_log`` -- Batches as an append-only log: manifest lines, signed heads, pseudonyms, proofs.
* ``custody`` -- Keys that live outside a ring: in a PKCS#11 token, at a key service, or on the offline
  computer.
* ``dsse`` -- Signed envelopes for statements that other tools read: DSSE 1.0.
* ``errors`` -- Refusals of the authority's side of the kernel: keys, bases, and signed batch manifests.
* ``hsm`` -- Ed25519 keys in PKCS#11 tokens: smart cards, hardware modules, SoftHSM.
* ``keys`` -- Key rings on disk: the one part of the kernel that touches files for their secrets.
* ``manifest`` -- The base's manifest: what every copy must be measured against.
* ``merkle`` -- Merkle trees as in Certificate Transparency: RFC 9162, section 2.1, with SHA-256.
* ``reserve`` -- Reserving the licence region in a signed installer, once per base.
* ``sealing`` -- Secrets at rest: sealed under a key, bound to the context they belong to.
* ``signer`` -- Making tokens: whatever can sign with Ed25519, be it a file, a smart card or a cloud key.
* ``stamp`` -- Stamping: one licence into one copy of the base, as constant work.
"""
