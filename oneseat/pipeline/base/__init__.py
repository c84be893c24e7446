"""The base installer: inputs collected, client frozen, installer compiled, signed and checked."""
