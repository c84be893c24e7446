"""Set-up of a fresh computer, with nothing but the standard library: `make setup` and `make setup-dev`.

`layout` says where everything is kept, `debian` installs the system's packages, `environment`
fills `.venv`, `windows` prepares the Windows Python and, off Windows, the wine prefix it runs in.
`make setup-dev` (`--dev`) stops after `.venv`: that is enough for `make check`, and needs no root.
Every step does nothing when its result is already there, and appears whole or not at all.
"""
