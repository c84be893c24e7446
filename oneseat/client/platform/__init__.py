"""Implementations for one operating system each."""
