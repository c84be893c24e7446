"""The decision on an identity: photographs, their watermark, and new ones.

Modules:

* ``decisions`` -- An identity to decide on: what a person may see of it, and the decision, each look and act
  audited.
* ``retakes`` -- Asks a candidate for new photographs, with a reason that the candidate reads, while time
  allows it.
* ``watermark`` -- Writes the looking operator's name and the time across a photograph, into its pixels.
"""
