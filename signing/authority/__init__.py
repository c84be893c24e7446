"""Signing and stamping: key rings, signers, the licence region, batch logs. Never ships.

Modules:

* ``batch_log`` -- The append-only log of published batches: manifest lines, signed tree heads, pseudonyms,
  proofs.
* ``custody`` -- Opens keys outside a ring: in a PKCS#11 token, at a key service, or on the offline computer.
* ``dsse`` -- Signs and verifies DSSE 1.0 envelopes, for statements that other tools read.
* ``errors`` -- Refusals of the authority's side of the kernel: keys, bases, and signed batch manifests.
* ``hsm`` -- Ed25519 keys in PKCS#11 tokens: smart cards, hardware modules, SoftHSM.
* ``keys`` -- Key rings: encrypted signing keys and secrets in a folder.
* ``manifest`` -- The manifest of a base installer: its digests, size and licence region.
* ``merkle`` -- Merkle trees as in Certificate Transparency: RFC 9162, section 2.1, with SHA-256.
* ``reserve`` -- Reserves the licence region in a signed installer, once per base.
* ``sealing`` -- Encrypts secrets at rest with AES-SIV, bound to their context.
* ``signer`` -- Signs tokens with Ed25519 keys: from a file, a PKCS#11 token or a key service.
* ``stamp`` -- Stamps licences into copies of the base, in constant time per copy.
"""
