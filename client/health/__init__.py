"""The health check: whether this computer is what the exam's notice asks for.

* :mod:`client.health.check` -- what a check is, and what it finds
* :mod:`client.health.examination` -- runs checks side by side, each with a time limit; none can end the run
* :mod:`client.health.probes` -- what is asked of Windows and of the network, as protocols
* :mod:`client.health.system`, :mod:`~client.health.machine`, :mod:`~client.health.screens`,
  :mod:`~client.health.software`, :mod:`~client.health.settings`, :mod:`~client.health.devices`,
  :mod:`~client.health.network` -- the checks, pure: values of probes in, findings out
* :mod:`client.health.checklist` -- all of them, in the order in which they are shown
* :mod:`client.health.line` -- what the portal answers to the network's probe
* ``client.health.windows_*`` -- what Windows answers to the probes, by ctypes
* :mod:`client.health.readings` -- reading bytes and text of Windows, pure
* :mod:`client.health.report` -- the same findings as JSON

Only what the notice forbids blocks; everything else warns. What cannot be found out is
``unknown``: shown, with what to do, and never in anybody's way.
"""
