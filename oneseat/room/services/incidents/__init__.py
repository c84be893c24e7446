"""Incidents: proposed from symptoms, decided by people, told to the portal.

Modules:

* ``incident_outbox`` -- Tells the portal of incidents as they are now: an outbox, emptied by a thread.
* ``incidents`` -- Proposes incidents from what attempts report, and opens and closes them as people decide.
"""
