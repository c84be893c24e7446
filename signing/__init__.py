"""The trust kernel: who may use which installer, and how that is proved.

Values and bytes in, values and bytes out; nothing here imports another room. What is directly in this folder
verifies, runs on Python 3.8, and ships to candidates. ``authority`` makes the things that the others check,
and never ships.
"""
