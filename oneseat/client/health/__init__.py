"""Health check: compares the computer with the requirements in the exam's charter.

Checks are pure functions from probe values to findings. ``probes`` has the protocols for Windows and the
network; :mod:`oneseat.client.platform.windows` implements them.

Modules:

* ``boot_menu`` -- Counts the systems in Windows' boot menu: recovery, safe mode, boot sectors and dead
  entries are none.
* ``browser`` -- Check of the browser in which the exam room opens, and the choice among those that are
  installed.
* ``check`` -- Base class of checks, the findings they return, and which findings forbid entry.
* ``checklist`` -- List of all checks, in the order in which they are displayed.
* ``devices`` -- Checks of camera and microphone: present, permitted by Windows, and giving a signal.
* ``examination`` -- Runs checks in parallel threads, each with a time limit; exceptions become findings.
* ``machine`` -- Checks for remote sessions and virtual machines.
* ``network`` -- Checks of the clock and of the bandwidth to the portal.
* ``portal_probe`` -- Network probe: measures clock offset and bandwidth against the exam's portal.
* ``probes`` -- Probe protocols for Windows and the network, and the values that they return.
* ``readings`` -- Parsers for bytes and texts from Windows. Pure functions that accept any input.
* ``report`` -- Converts findings to the JSON report, and to a refusal if any blocks.
* ``screens`` -- Check of the screens: exactly one is active.
* ``settings`` -- Checks of Windows settings: automatic updates, power supply, sleep.
* ``settings_paths`` -- Names the place of a setting as the running Windows does: Windows 7 has no Settings,
  11 has other names.
* ``software`` -- Checks for the software in the charter's catalogue, one for each of its roles, and antivirus
  beyond it.
* ``system`` -- Checks of the Windows version, second systems, memory and disk space.
"""
