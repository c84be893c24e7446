"""The API from the calling program's side: request and response models, and a typed client.

Modules:

* ``client`` -- A typed HTTP client for programs that call the API; refusals are exceptions that say what to
  do.
* ``models`` -- Bodies and answers of the HTTP API, for the portal and for :mod:`oneseat.portal.sdk.client`.
"""
