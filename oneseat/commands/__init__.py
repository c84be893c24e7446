"""The commands of ``oneseat``, one module each: each parses, calls one function, shows one result.

Modules:

* ``audit`` -- ``audit``: verify the log of what operators and commands did.
* ``base`` -- ``base``: build the base installer and phone app that all candidates share, and verify them.
* ``charter`` -- ``charter``: sign, show, publish and import the exam's charter.
* ``clean`` -- ``clean``: delete what interrupted and earlier runs left in the exam's workspace.
* ``completion`` -- ``completion``: the script that completes the command line in a shell.
* ``console`` -- Writes all output: results to standard output, everything else to standard error.
* ``context`` -- The context of a command: console, clock and project; asks for passphrases, PINs and
  passwords.
* ``demo`` -- ``demo``: run the demonstration on fictitious people.
* ``deployment_options`` -- Options of the commands that write a server's nginx and systemd files.
* ``doctor`` -- ``doctor``: check every tool on this computer, and the files that tools were unpacked into.
* ``exam`` -- ``exam``: write, check and read exam files.
* ``faults`` -- Turns an exception that nothing expects into a refusal, and keeps its places in a log file.
* ``inspect`` -- ``inspect``: show what a file is, with every check and its result.
* ``issue`` -- ``issue``: issue a seat and a licence for every valid row of a roster.
* ``keys`` -- ``keys``: create, list, rotate and withdraw the exam's keys, in rings or outside of them.
* ``keys_ceremony`` -- ``keys ceremony``: asks step by step for what makes or opens the root key on an offline
  computer.
* ``main`` -- The group of all commands, in the order of the workflow, and the entry point of ``oneseat``.
* ``operator`` -- ``operator``: accounts for the portal's operators' desk.
* ``options`` -- Shared options and parameter types, and the classes that add the shared options to every
  command.
* ``paper`` -- ``paper``: check, read and seal the papers of an exam.
* ``portal`` -- ``portal``: serve the download portal, and write the files that deploy it.
* ``progress`` -- Progress of a long job: a live line on a terminal, a line every few seconds in a log.
* ``prove`` -- ``prove``: prove that a licence was published, or that a batch extends an earlier one.
* ``publish`` -- ``publish``: publish the current base with the newest licences.
* ``release`` -- ``release``: charter, base, issue and publish in one run.
* ``report`` -- ``report``: write the report of an issue run as an HTML page.
* ``room`` -- ``room``: serve the exam room, unlock its papers, and keep, hand out and erase what it recorded.
* ``room_admission`` -- ``room admit-without-tickets``: who is activated gets in while the portal is down.
* ``room_deploy`` -- ``room deploy``: write the files that put the room behind nginx and under systemd.
* ``room_evidence`` -- ``room export`` and ``room verify``: hand out what was kept of interviews, and verify
  it anywhere.
* ``room_groups`` -- ``room groups``: which groups of candidates there are, whose they are, and who watches
  them now.
* ``room_keeping`` -- ``room hold`` and ``room purge``: what is kept for longer, and what is erased because it
  is due.
* ``room_options`` -- Options of all commands that open what a room has kept.
* ``room_photos`` -- ``room photo-key`` and ``room photos``: the key for registered photographs, and their way
  into the room.
* ``room_unlock`` -- ``room unlock``: a holder releases a share of a session's sealed papers.
* ``roster`` -- ``roster``: check and compare rosters, and make fictitious ones.
* ``run`` -- Runs a command line; everything that a command raises is caught here and mapped to an exit
  status.
* ``seat`` -- ``seat``: list, show, revoke and re-issue seats.
* ``service_token`` -- ``service-token``: tokens with which programs call the portal.
* ``settings`` -- Loads the settings file; its values become the defaults of options (click's
  ``default_map``).
* ``shells`` -- Completes the command line in bash, zsh, fish and PowerShell, with click's classes and
  scripts.
* ``stamp`` -- ``stamp``: write one candidate's stamped installer or phone app to a file, or every
  candidate's.
* ``state`` -- ``state``: back up, restore and purge the state database, and export it for an auditor.
* ``status`` -- ``status``: where the exam is, on one screen.
* ``streams`` -- Prepares the standard streams, so that no encoding, closed stream or full disk can break a
  message.
* ``unpublish`` -- ``unpublish``: take the exam's installers away once downloads are over.
* ``verify`` -- ``verify``: check an installer, a proof, or everything that was published.
* ``version`` -- Says which version this is: its number, and in a checkout the commit.
"""
