"""What runs on the candidate's computer: enrols a seat, and proves it again at every launch.

One windowed program, ``OneSeat.exe`` (Python 3.8, Windows 7 and later). ``cli`` is its entry, ``enrol`` is
run once by the installer, ``launch`` is the pure core of every start.

Nothing that ships can be overridden by the environment or by files: the root public key
and the build id are compiled in, and everything else is signed by keys that lead back to them.
"""
