"""Registered photographs: an operator's pictures become a file that only the exam's room can read.

Nothing of a picture goes into the state or to the portal, and no name of a file of ours is made of a
candidate's number.

Modules:

* ``errors`` -- Refusals of registered photographs and of the room's key.
* ``faults`` -- Faults of pictures and rows, each with its place, and the list of them as CSV.
* ``matching`` -- Matches pictures to the roster's rows by the names of their files.
* ``packing`` -- Re-encodes and seals the pictures of a roster, one at a time, and signs the file.
* ``sources`` -- Lists and reads the pictures of a folder or of a zip file.
"""
