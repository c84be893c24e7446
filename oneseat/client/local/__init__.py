"""What the client keeps on this computer: enrolled seats, cached portal answers, the charter in force.

Modules:

* ``charters`` -- Selects the charter in force: the newest copy on this computer that the root key signed.
* ``installer_findings`` -- Reads what the elevated installer found out about this computer: the systems in
  its boot menu.
* ``kept_help`` -- A help request that waits for the network, in ``<own>/<exam>/help-<jti>.bin``, encrypted on
  this computer.
* ``kept_uploads`` -- Upload grants of unfinished attempts, in ``<own>/<exam>/upload-<jti>.bin``, encrypted on
  this computer.
* ``mock_progress`` -- How far the candidate came in the mock interviews, as the portal last said, for when it
  cannot be reached.
* ``portal_cache`` -- Per-account cache of portal answers since enrolment, in ``<own>/<exam>/``.
* ``room_profile`` -- The browser profile of an exam room, in ``<own>/room/<jti>/``: recordings that are not
  uploaded yet.
* ``storage`` -- Atomic writes and checksummed frames for small state files.
* ``vault`` -- Encrypted storage of the enrolled seats, in ``<shared>/<exam>/seats/<jti>/``.
"""
