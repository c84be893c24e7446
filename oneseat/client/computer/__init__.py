"""The computer as the client sees it: what it asks of the system, the device key, the fingerprint.

Modules:

* ``activation_traits`` -- Hashes of the computer's traits: by them the portal recognises a computer that lost
  its device key.
* ``device`` -- A seat's device: an Ed25519 key, and the fingerprint of the computer on which it was
  generated.
* ``fingerprint_traits`` -- The traits that identify a computer: a pure function from what Windows reports to
  trait values.
* ``protocol`` -- Protocol for the operating system: encryption bound to the computer, traits, folders.
* ``sleep_watch`` -- Detects that the computer slept between two looks, by two clocks or by the system's
  message on waking.
* ``smbios`` -- Parses the SMBIOS table of the firmware: maker, model, serials, UUID.
"""
