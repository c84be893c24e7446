"""Entry point that PyInstaller freezes into ``OneSeat.exe``.

It imports nothing by itself: a library that a virus scanner has put into quarantine must end in a refusal
with a code, not in a box of PyInstaller's.
"""

import sys
from typing import List


def run(arguments: List[str]) -> int:
    """Import the program and run one command line; returns the exit status."""
    try:
        from oneseat.client.cli import main
    except Exception as fault:  # noqa: BLE001 -- a library is missing or damaged; it is reported
        from oneseat.client.errors import as_refusal
        from oneseat.client.last_resort import report_refusal

        refusal = as_refusal(fault)
        report_refusal(refusal, arguments)
        return refusal.error_level
    return main(arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
