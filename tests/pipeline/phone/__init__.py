"""The phone app: what is compiled, what its Java code decides, and what Android will read."""
