"""What a release engineer runs: exam file and roster in, base installer and licences out.

``release`` does all of it in order: charter, base, issuing, publishing. Each step is a package of its own.

Modules:

* ``accounts/`` -- Accounts made on the command line: operators of the desk, and tokens for services.
* ``base/`` -- The base installer: inputs collected, client frozen, installer compiled, signed and checked.
* ``checkout`` -- The checkout's own tools: importing this module where there is only a wheel raises
  CheckoutRequired.
* ``current_charter`` -- The charter of a project as it is now: signed from its exam file, looked up for its
  base or its checks.
* ``doctor`` -- Whether this computer can build: every tool checked, and one signature made and verified.
* ``durations`` -- Durations in words, for terminals and reports.
* ``errors`` -- Refusals of the pipeline that several of its parts raise, and those of the command line.
* ``events`` -- What long jobs report while they run: the callbacks that a caller passes in, and a default
  that ignores.
* ``exam/`` -- The exam file: its model, its rules, and the charter that is made of it.
* ``issuing/`` -- Issuing: a roster's rows become seats and licences, chunk by chunk, in runs that can be
  resumed.
* ``keys/`` -- The exam's key rings, and the offline ceremony for the root key.
* ``project`` -- What one command works on: an exam file, its workspace, and what is opened of them when it is
  needed.
* ``publishing/`` -- Publishing: upload objects, switch the release in one transaction, withdraw it, stamp
  files.
* ``release`` -- All of it in order, and only what is out of date: ``release``.
* ``roster/`` -- Rosters: who sits the exam, as registrars send it.
* ``tools/`` -- Every external program that OneSeat uses, as a class that can verify itself.
* ``verifying/`` -- Verifying: one installer, every published batch, Merkle proofs, and the audit log.
* ``workers/`` -- Parallel work: chunks run inline, in a process pool, or on a Dask cluster.
* ``workspace`` -- Where an exam's files lie on the release engineer's computer.
"""
