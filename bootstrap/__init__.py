"""Set-up of a fresh computer: what `make setup` runs, with nothing but the standard library.

`layout` says where everything is kept, `debian` installs the system's packages, `environment`
fills `.venv`, `windows` prepares the Windows Python and, off Windows, the wine prefix it runs in.
Every step does nothing when its result is already there, and appears whole or not at all.
"""
