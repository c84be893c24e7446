"""What the client keeps on this computer: enrolled seats, cached portal answers, the charter in force.

Modules:

* ``charters`` -- Selects the charter in force: the newest copy on this computer that the root key signed.
* ``installer_findings`` -- Reads what the elevated installer found out about this computer: the systems in
  its boot menu.
* ``kept_help`` -- A help request that waits for the network, in ``<own>/<exam>/help-<jti>.bin``, encrypted on
  this computer.
* ``kept_orders`` -- Signed orders that changed sessions on the day, as the portal gave them, for when it
  cannot be reached.
* ``kept_pictures`` -- Pictures of a help request that wait to be sent, in
  ``<own>/<exam>/picture-<jti>-<slot>.bin``, encrypted.
* ``kept_uploads`` -- Upload grants of unfinished attempts, in ``<own>/<exam>/upload-<jti>.bin``, encrypted on
  this computer.
* ``mock_progress`` -- How far the candidate came in the mock interviews, as the portal last said, for when it
  cannot be reached.
* ``portal_cache`` -- Per-account cache of portal answers since enrolment, in ``<own>/<exam>/``.
* ``room_profile`` -- The browser profile of an exam room, in ``<own>/room/<jti>/``: recordings that are not
  uploaded yet.
* ``seat_times`` -- A seat's own formal session and extra time, as the portal last signed them, for when it
  cannot be reached.
* ``storage`` -- Atomic writes and checksummed frames for small state files.
* ``vault`` -- Encrypted storage of the enrolled seats, in ``<shared>/<exam>/seats/<jti>/``.
"""
