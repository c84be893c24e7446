"""The trust kernel: who may use which installer, and how that is proved.

Values and bytes in, values and bytes out. Only :mod:`signing.keys` and
:mod:`signing.reserve` touch files, and nothing here imports another room.

What ships to a candidate runs on Python 3.8 and verifies only:

* :mod:`signing.errors`, :mod:`signing.clock` -- refusals and time
* :mod:`signing.documents`, :mod:`signing.binding` -- who a candidate is, and the tag that proves it
* :mod:`signing.jws`, :mod:`signing.tokens`, :mod:`signing.charter` -- signed statements
* :mod:`signing.der`, :mod:`signing.pe`, :mod:`signing.authenticode`, :mod:`signing.region` -- the installer file

What stays with the authority makes the things that the others check:

* :mod:`signing.keys`, :mod:`signing.signer`, :mod:`signing.sealing` -- keys and what is done with them
* :mod:`signing.reserve`, :mod:`signing.manifest`, :mod:`signing.stamp` -- the base and its copies
"""
