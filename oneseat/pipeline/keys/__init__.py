"""The exam's key rings, and the offline ceremony for the root key.

Modules:

* ``ceremony`` -- The root key's ceremony, on a computer without a network: ``keys ceremony``.
* ``errors`` -- Refusals of the key ring's passphrase prompt and of the root key's ceremony.
* ``rings`` -- The exam's keys: made once, listed, rotated.
"""
