"""The program on the candidate's computer: enrols a seat, and verifies it at every launch.

One windowed program, ``OneSeat.exe`` (Python 3.8, Windows 7 and later). ``cli`` is its entry. The
installer runs ``enrol`` once. ``launch`` verifies a seat at every start: a pure function, no network.

Neither the environment nor files can override what ships. The root public key and the build id are
compiled in; everything else is signed by keys that the root key signed.

Modules:

* ``__main__`` -- Entry point that PyInstaller freezes into ``OneSeat.exe``.
* ``actions`` -- Operations of one run: verify the launch, check the computer, synchronise with the portal.
* ``baked`` -- Constants compiled into the program: the root public key and the build id.
* ``cli`` -- Entry of ``OneSeat.exe``: runs the window or a command, and catches every refusal.
* ``commands`` -- Commands of ``OneSeat.exe`` and their argparse grammar: what installer, uninstaller and
  support run.
* ``computer/`` -- The computer as the client sees it: what it asks of the system, the device key, the
  fingerprint.
* ``diagnostics`` -- Diagnostics text for the hotline: state of program and computer, no personal data.
* ``enrol`` -- Enrolment: the installer runs it once, elevated, before it keeps any file.
* ``errors`` -- Refusals raised by the client, and the one that wraps any other exception.
* ``guard/`` -- The guard (考试监测): looks at the computer in a session, and tells the room what it finds.
* ``gui/`` -- Tk user interface: one window, Chinese first, fully usable by keyboard.
* ``health/`` -- Health check: compares the computer with the requirements in the exam's charter.
* ``identity`` -- The typed identity, read from the window, the environment or an answers file.
* ``last_resort`` -- Reports a refusal that nothing else has reported, with as few libraries as possible.
* ``launch`` -- Launch verification: pure functions that accept or refuse an identity offline.
* ``local/`` -- What the client keeps on this computer: enrolled seats, cached portal answers, the charter in
  force.
* ``online/`` -- Network access of the client: HTTP, the portal API, synchronisation, server time.
* ``platform/`` -- Implementations of the protocols, one package for each operating system.
* ``reports`` -- Output of a run: a JSON report, the installer's message file, a log.
* ``run`` -- Context of one run: program folder, computer, clock, and the charter in force.
* ``schedule`` -- Formats the exam's dates for candidates: pure functions from a charter and a time to texts.
* ``sessions/`` -- Entry to mock and formal sessions: opening times, the ticket, the handover to the exam
  room.
"""
