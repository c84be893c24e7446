"""The computer as the client sees it: what it asks of the system, the device key, the fingerprint.

Modules:

* ``device`` -- The device: an Ed25519 key of its own, and a fingerprint of the computer it was made on.
* ``fingerprint_traits`` -- The five traits by which a computer is told from others: values in, traits out.
* ``protocol`` -- What the client asks of the computer it runs on, as a protocol.
* ``smbios`` -- The firmware's own words about a computer: maker, model, serials, UUID.
"""
