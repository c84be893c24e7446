"""Signing and stamping: key rings, signers, the licence region, batch logs. Never ships.

Modules:

* ``apk_reserve`` -- Reserves the licence region in a signed APK, once per base.
* ``apk_verification`` -- Verifies the signatures of an APK (schemes v2 and v3) under the certificate that it
  carries.
* ``batch_log`` -- The append-only log of published batches: manifest lines, signed tree heads, pseudonyms,
  proofs.
* ``custody`` -- Opens keys outside a ring: in a PKCS#11 token, at a key service, or on the offline computer.
* ``dsse`` -- Signs and verifies DSSE 1.0 envelopes, for statements that other tools read.
* ``errors`` -- Refusals of the authority's side of the kernel: keys, bases, and signed batch manifests.
* ``evidence`` -- Signed statements about what is kept of interviews: evidence that was exported, data that
  were erased.
* ``hsm`` -- Ed25519 keys in PKCS#11 tokens: smart cards, hardware modules, SoftHSM.
* ``keys`` -- Key rings: encrypted signing keys and secrets in a folder.
* ``manifest`` -- The manifest of a base, installer or phone app: its digests, size and licence region.
* ``merkle`` -- Merkle trees as in Certificate Transparency: RFC 9162, section 2.1, with SHA-256.
* ``registered_photos`` -- The issuer's signed statement about a file of registered photographs, and what each
  photograph is bound to.
* ``reserve`` -- Reserves the licence region in a signed installer, once per base.
* ``sealed_boxes`` -- Encrypts for the owner of an X25519 key with libsodium's sealed boxes, bound to a
  context.
* ``sealed_terms`` -- Encrypts a seat's extra time and adjustments at rest, bound to exam and admission
  number.
* ``sealing`` -- Encrypts secrets at rest with AES-SIV, bound to their context.
* ``signer`` -- Signs tokens with Ed25519 keys: from a file, a PKCS#11 token or a key service.
* ``stamp`` -- Stamps licences into copies of the base, in constant time per copy.
"""
