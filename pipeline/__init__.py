"""What a release engineer runs: exam and roster in, base and batch out.

* :mod:`pipeline.tools` -- every external program, as a class that can verify itself
* :mod:`pipeline.base` -- client and templates in, the signed base installer and its manifest out
* :mod:`pipeline.errors` -- every refusal of this room, and those of the installer
* :mod:`pipeline.console`, :mod:`pipeline.workspace` -- what commands say, and where they keep things
"""
