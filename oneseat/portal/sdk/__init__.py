"""The API from the calling program's side: request and response models, and a typed client.

Modules:

* ``client`` -- A typed HTTP client for programs that call the API, with retries and refusals as exceptions.
* ``models`` -- Pydantic models of the API's bodies and answers, for the portal and its typed client.
"""
