"""The trust kernel: who may use which installer, and how that is proved.

Values and bytes in, values and bytes out. Only :mod:`signing.keys` and
:mod:`signing.reserve` touch files, and nothing here imports another room.

What ships to a candidate runs on Python 3.8 and verifies only:

* :mod:`signing.errors`, :mod:`signing.clock` -- refusals and time
* :mod:`signing.documents`, :mod:`signing.binding` -- who a candidate is
* :mod:`signing.jws`, :mod:`signing.fields`, :mod:`signing.tokens`, :mod:`signing.charter` -- what is signed
* :mod:`signing.der`, :mod:`signing.pe`, :mod:`signing.region`, :mod:`signing.installer` -- the file

What stays with the authority makes the things that the others check:

* :mod:`signing.keys`, :mod:`signing.signer`, :mod:`signing.sealing` -- keys and what is done with them
* :mod:`signing.reserve`, :mod:`signing.manifest`, :mod:`signing.stamp` -- the base and its copies
"""
