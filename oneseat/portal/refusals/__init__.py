"""Every refusal of the portal by subject, each with the HTTP status that carries it.

Modules:

* ``desk`` -- Refusals of the operators' desk.
* ``devices`` -- Refusals of devices: nonces, signatures and licences in activation and check-in.
* ``downloads`` -- Refusals of downloads: addresses, signed links, ranges, conditions, and too many speed
  tests at once.
* ``exam`` -- Refusals of an exam as it is served: unknown, not published, withdrawn or under maintenance.
* ``help`` -- Refusals of the service desk: help requests of candidates, and operators' acts on them.
* ``help_pictures`` -- Refusals of pictures with help requests: the file, the moment, and how many there may
  be.
* ``login`` -- Refusals of candidates' logins, of rate limits and of the download window.
* ``orders`` -- Refusals of orders that change sessions on the day.
* ``rebinding`` -- Refusals of binding a seat anew to a computer that lost its key: by the portal, or at the
  desk.
* ``room_incidents`` -- Refusals of incidents that an exam room opens and closes.
* ``services`` -- Refusals of programs that call the API: service tokens, scopes and idempotency keys.
* ``start`` -- Refusals to start: settings or keys that the portal cannot use.
* ``tickets`` -- Refusals of entry tickets, and of the exam room's reports on them.
"""
