"""The commands of ``build.py``, one module each: each parses, calls one function, shows one result."""
