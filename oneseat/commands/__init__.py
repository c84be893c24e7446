"""The commands of ``build.py``, one module each: each parses, calls one function, shows one result.

Modules:

* ``audit`` -- ``audit``: verify the log of what operators and commands did.
* ``base`` -- ``base``: build the base installer that all candidates share, and verify it.
* ``charter`` -- ``charter``: sign, read, publish and import the charter that every part obeys.
* ``completion`` -- ``completion``: the script that completes the command line in a shell.
* ``console`` -- The one place that writes to the terminal.
* ``context`` -- What a command is given: console, clock and project, and passphrases, PINs and passwords on
  demand.
* ``demo`` -- ``demo``: the main job end to end on fictitious people.
* ``doctor`` -- ``doctor``: whether this computer has every tool in working order.
* ``exam`` -- ``exam``: write, check and read exam files.
* ``inspect`` -- ``inspect``: what a file is, with every check and its result.
* ``issue`` -- ``issue``: give every sound row of a roster its seat and its licence.
* ``keys`` -- ``keys``: make, list and rotate the exam's keys, and put them into other custody.
* ``keys_ceremony`` -- ``keys ceremony``: the steps by which people make or open the root key on an offline
  computer.
* ``main`` -- The group of all commands, in the order of the work, and the entry point of ``oneseat``.
* ``operator`` -- ``operator``: accounts for the portal's operators' desk.
* ``options`` -- Options and parameter types that commands share, and the classes that add the shared ones to
  each.
* ``portal`` -- ``portal``: serve the download portal, and write the files that deploy it.
* ``progress`` -- Progress of a long job: a live line on a terminal, a line every few seconds in a log.
* ``prove`` -- ``prove``: write a proof that a licence was published, or that a published batch extends an
  earlier one.
* ``publish`` -- ``publish``: show candidates the current base with the newest licences.
* ``release`` -- ``release``: charter, base, issue and publish in one run.
* ``report`` -- ``report``: one run of ``issue`` as an HTML page.
* ``roster`` -- ``roster``: check rosters, and make fictitious ones.
* ``run`` -- Running a command line: the one place that catches refusals and turns them into exit statuses.
* ``service_token`` -- ``service-token``: tokens with which programs call the portal.
* ``settings`` -- The settings file: its values become the defaults of every command's options.
* ``stamp`` -- ``stamp``: write one candidate's installer to a file, or every candidate's.
* ``state`` -- ``state``: the state database as a whole, backed up, restored, exported for an auditor, erased.
* ``unpublish`` -- ``unpublish``: take the exam's installers away once downloads are over.
* ``verify`` -- ``verify``: check an installer, a proof, or everything that was published.
"""
