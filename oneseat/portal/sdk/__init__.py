"""The API from the calling program's side: request and response models, and a typed client.

Modules:

* ``client`` -- The API from a program's side: typed calls, and refusals as exceptions that say what to do.
* ``models`` -- Bodies and answers of the HTTP API, for the portal and for :mod:`oneseat.portal.sdk.client`.
"""
