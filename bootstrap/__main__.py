"""`python3 -m bootstrap`: prepare this computer. Repeatable: existing results are kept."""

from __future__ import annotations

import argparse
import os
import sys
import time

from bootstrap import debian, environment, layout, phone, windows
from bootstrap.steps import SetupFailed, exclusive_lock, say


def main() -> int:
    """Run the steps in order; the exit status is 1 when one of them failed, with the reason shown."""
    parser = argparse.ArgumentParser(prog="bootstrap", description=__doc__)
    parser.add_argument("--skip-system", action="store_true", help="do not install the system's packages")
    parser.add_argument("--dev", action="store_true", help="prepare .venv alone; needs no root")
    options = parser.parse_args()
    started = time.monotonic()
    os.umask(0o022)  # what others may write to is not built from
    try:
        if sys.platform != "win32" and not (options.skip_system or options.dev):
            debian.install()
        with exclusive_lock(layout.cache_root()):
            environment.prepare()
            if not options.dev:
                windows.prepare_python()
                windows.prepare_test_packages()
                windows.prepare_wine()
                if sys.platform != "win32":
                    phone.prepare_tools()
    except SetupFailed as failure:
        say(str(failure))
        return 1
    say(f"ready ({time.monotonic() - started:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
