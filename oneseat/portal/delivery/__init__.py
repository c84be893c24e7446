"""Delivery of installers: composed on the fly from base and tail, or by presigned URL.

Modules:

* ``compose`` -- Streams a candidate's installer or phone app: the base's memory-mapped prefix, then a stamped
  tail.
* ``presigned`` -- Redirects downloads to the store: presigned, short-lived URLs of whole installers.
* ``signer_name`` -- Reads from a signed installer the name that Windows shows as its publisher.
"""
