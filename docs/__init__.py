"""Documentation; :mod:`docs.generate` writes the reference from the code."""
