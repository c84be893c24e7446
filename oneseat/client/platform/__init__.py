"""Implementations for one operating system each.

Modules:

* ``windows/`` -- Windows implementations, by ctypes and the registry alone: computer, health probes, session
  helpers.
"""
