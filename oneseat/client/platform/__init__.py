"""Implementations of the protocols, one package for each operating system.

Modules:

* ``windows/`` -- Windows implementations, with ctypes and the registry only: computer, health probes, session
  helpers.
"""
