"""Sets up a computer with the standard library only: `make setup` and `make setup-dev`.

`layout` defines paths, `debian` installs system packages, `environment` fills `.venv`, `windows` prepares
the Windows Python and, except on Windows, the wine prefix to run it in, and `phone` unpacks the tools of the
phone app that Debian does not have. `make setup-dev` (`--dev`)
only fills `.venv`; that is enough for `make check` and needs no root. Every step is skipped if its result
exists, and results appear atomically.
"""
