"""The health check: whether this computer is what the exam's notice asks for.

Checks are pure: values of probes in, findings out. ``probes`` holds the protocols by which they ask Windows
and the network; :mod:`oneseat.client.platform.windows` answers.

Modules:

* ``check`` -- What a check is, what it finds, and which findings stand in the way of an interview.
* ``checklist`` -- All checks, in the order in which they are shown.
* ``devices`` -- Camera and microphone: there, allowed, and giving something to see and hear.
* ``examination`` -- Running checks: side by side, each with a time limit, and nothing that one does ends the
  others.
* ``line`` -- What the network answers to :class:`oneseat.client.health.probes.NetworkProbe`: the exam's own
  portal.
* ``machine`` -- Whether somebody else may be looking on: remote sessions and virtual machines.
* ``network`` -- The line to the portal, and the clock.
* ``probes`` -- What checks ask of Windows and of the network, as protocols and values.
* ``readings`` -- Reading what Windows hands over as bytes and text. Pure, and ready for anything.
* ``report`` -- Findings as one JSON object, and as the refusal that they amount to.
* ``screens`` -- Screens: one, wherever it stands.
* ``settings`` -- How the computer is set: updates, sleep, and where its power comes from.
* ``software`` -- Virus scanners, chat programs and remote tools, by the charter's catalogue.
* ``system`` -- Windows itself, its memory and its disk, against what the charter asks for.
"""
