"""Installs the Debian packages that building, testing and rehearsing need."""

from __future__ import annotations

import os
import shutil
import subprocess

from bootstrap.steps import SetupFailed, run, say

# wine without wine32: all builds are 64-bit, and wine32 needs a foreign architecture.
PACKAGES = (
    "aapt",
    "android-framework-res",
    "apksigner",
    "chromium",
    "chromium-headless-shell",
    "chromium-l10n",
    "fonts-wqy-microhei",
    "imagemagick",
    "junit4",
    "nginx-light",
    "nsis",
    "openjdk-17-jdk-headless",
    "openssl",
    "osslsigncode",
    "postgresql",
    "python3-tk",
    "python3-venv",
    "redis-server",
    "softhsm2",
    "systemd",
    "wine",
    "wine64",
    "wrk",
    "xauth",
    "xdotool",
    "xfsprogs",
    "xvfb",
    "zipalign",
)

# Debian's npm brings some 300 packages; where Node.js comes from elsewhere, it has npm in it.
PROGRAMS = {"npm": "npm"}


def missing_packages() -> list[str]:
    """Return the `PACKAGES` that dpkg does not list as installed, and those of missing `PROGRAMS`."""
    query = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *PACKAGES],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    states = dict(line.split(" ", 1) for line in query.stdout.splitlines())
    missing = [package for package in PACKAGES if states.get(package) != "installed"]
    return [*missing, *(package for program, package in PROGRAMS.items() if not shutil.which(program))]


def install() -> None:
    """Install missing packages; apt is not run if none is missing.

    Raises `SetupFailed` if this is not Debian, root rights are missing, or apt fails.
    """
    if not shutil.which("dpkg-query"):
        raise SetupFailed(
            "this is not Debian, so its packages cannot be installed for you. "
            f"Install the equivalents of: {', '.join(PACKAGES)}; then run it again with --skip-system."
        )
    missing = missing_packages()
    if not missing:
        return
    say(f"installing Debian packages: {' '.join(missing)}")
    # On a machine that has just started, another apt may hold the lock.
    apt_get = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    apt = [*_as_root(), "env", *apt_get]
    run([*apt, "update"], doing="apt-get update")
    run([*apt, "install", "--yes", "--no-install-recommends", *missing], doing="apt-get install")
    still_missing = missing_packages()
    if still_missing:
        raise SetupFailed(f"apt-get reported success, but these are not installed: {' '.join(still_missing)}")


def _as_root() -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        return ["sudo", "--"]
    raise SetupFailed(
        "installing Debian packages needs root, and there is no sudo. As root, run:\n"
        f"    apt-get install --no-install-recommends {' '.join(missing_packages())}"
    )
