"""Entry point that PyInstaller freezes into ``OneSeat.exe``."""

import sys

from oneseat.client.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
