"""What runs on the candidate's computer: enrols a seat, and proves it again at every launch.

One windowed program, ``OneSeat.exe`` (Python 3.8, Windows 7 and later). ``cli`` is its entry, ``enrol`` is
run once by the installer, ``launch`` is the pure core of every start.

Nothing that ships can be overridden by the environment or by files: the root public key
and the build id are compiled in, and everything else is signed by keys that lead back to them.

Modules:

* ``__main__`` -- The entry that PyInstaller freezes into ``OneSeat.exe``.
* ``actions`` -- What a run of the program can do: verify the launch, check the computer, ask the portal.
* ``baked`` -- What is compiled into the program, and cannot be changed without a new build.
* ``cli`` -- The command line of ``OneSeat.exe``, and the one place that catches refusals.
* ``commands`` -- The commands of ``OneSeat.exe``, apart from its window: what installer, uninstaller and
  support run.
* ``computer/`` -- The computer as the client sees it: what it asks of the system, the device key, the
  fingerprint.
* ``diagnostics`` -- What a candidate may hand to the hotline: how program and computer stand, and nothing
  about a person.
* ``enrol`` -- Enrolment: run once by the installer, elevated, before anything stays installed.
* ``errors`` -- Refusals that the client itself makes, and the one for whatever else goes wrong in it.
* ``grammar`` -- The grammar of ``OneSeat.exe``'s command line.
* ``gui/`` -- The Tk window: Chinese first, one window, keyboard throughout.
* ``health/`` -- The health check: whether this computer is what the exam's notice asks for.
* ``identity`` -- Who the candidate says they are, and how that reaches the program.
* ``launch`` -- The proof at every launch: offline, pure, and complete.
* ``local/`` -- What the client keeps on this computer: enrolled seats, cached portal answers, the charter in
  force.
* ``online/`` -- What the client does over the network: HTTP, the portal API, synchronisation, server time.
* ``platform/`` -- Implementations for one operating system each.
* ``reports`` -- What a run leaves for others to read: one JSON object, the installer's message, a log.
* ``run`` -- One run of the program: its program folder, the computer, the clock, and the charter in force.
* ``schedule`` -- The exam's dates as a candidate reads them: values in, rows out, no window and no clock.
* ``sessions/`` -- Entering a mock or formal session: when it is open, the entry ticket, and the handover to
  the exam room.
"""
