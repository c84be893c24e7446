"""Windows implementations, by ctypes and the registry alone: computer, health probes, session helpers."""
