"""The exam's key rings, and the offline ceremony for the root key.

Modules:

* ``ceremony`` -- ``keys ceremony``: creates or opens the root key on an offline computer and signs charters
  with it.
* ``errors`` -- Refusals of the key ring's passphrase prompt and of the root key's ceremony.
* ``recording`` -- Writes audit entries for the signing keys of the rings: when each was made, retired and
  withdrawn.
* ``rings`` -- Creates, lists, rotates and withdraws the exam's keys.
"""
