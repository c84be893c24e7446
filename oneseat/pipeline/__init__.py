"""What a release engineer runs: exam file and roster in, base installer and licences out.

``release`` does all of it in order: charter, base, issuing, publishing. Each step is a package of its own.

Modules:

* ``accounts/`` -- Accounts that commands manage: operators of the desk, and tokens of services.
* ``base/`` -- The base installer: collects inputs, freezes the client, compiles, signs and checks the
  installer.
* ``builds`` -- Both artefacts of an exam: the build ids that its charter accepts, and the phone app beside
  the base.
* ``checkout`` -- Imports ``bootstrap`` from the checkout; without a checkout the import raises
  CheckoutRequired.
* ``cleaning`` -- ``clean``: finds and deletes what interrupted and earlier runs left in an exam's workspace.
* ``current_charter`` -- Signs a project's charter, and looks up the one that its base or its checks use.
* ``doctor`` -- Checks whether this computer can build: every tool with its files, and one signature made and
  verified.
* ``durations`` -- Formats durations for terminals and reports.
* ``errors`` -- Refusals of the pipeline that several of its parts raise, and those of the command line.
* ``events`` -- Callbacks by which long jobs report progress, and a default that ignores events.
* ``exam/`` -- The exam file: its model, its rules, and the charter that is signed from it.
* ``issuing/`` -- Issuing: a roster's rows become seats and licences, chunk by chunk, in runs that can be
  resumed.
* ``keys/`` -- The exam's key rings, and the offline ceremony for the root key.
* ``output_faults`` -- Chooses the remedy for a file that cannot be written, by the system's reason.
* ``phone/`` -- The phone app: compiles, signs and checks the APK that all candidates share.
* ``photos/`` -- Registered photographs: an operator's pictures become a file that only the exam's room can
  read.
* ``project`` -- One exam's files, key rings, database and store, opened on first use: the input of a command.
* ``publishing/`` -- Publishing: upload objects, switch the release in one transaction, withdraw it, stamp
  files.
* ``release`` -- ``release``: charter, base, issuing and publishing in order; only what is out of date is
  redone.
* ``roster/`` -- Rosters: CSV and XLSX files of candidates, read and checked.
* ``seats`` -- Lists, revokes and re-issues seats for the command line, whether or not a portal runs.
* ``signing_clock`` -- Checks that the computer's clock is plausible before anything is signed with its time.
* ``sizes`` -- Formats sizes in bytes for terminals and messages.
* ``status`` -- ``status``: where an exam is, from its files and its state; reads only, and needs no
  passphrase.
* ``tools/`` -- External programs, one class each, which can check that the program works.
* ``verifying/`` -- Verifying: one installer, every published batch, Merkle proofs, and the audit log.
* ``workers/`` -- Parallel work: chunks run inline, in a process pool, or on a Dask cluster.
* ``workspace`` -- Paths of an exam's files on the release engineer's computer.
"""
