"""The base installer: collects inputs, freezes the client, compiles, signs and checks the installer.

Modules:

* ``artwork`` -- Draws the installer's icon and bitmaps: `python -m oneseat.pipeline.base.artwork` writes the
  files.
* ``build_folder`` -- The folder in which bases are built: one build at a time, atomic results, the log of a
  tool that failed.
* ``builder`` -- Builds the base installer: cached by a hash of its inputs, verified by building it again.
* ``collecting`` -- Collects the inputs of a base: finds the files, hashes them, the tools and the rendered
  scripts.
* ``current_base`` -- Collects a project's base inputs, creates its builder, and opens the base that was built
  last.
* ``errors`` -- Refusals of building a base, and refusals that the installer shows on a candidate's computer.
* ``finished`` -- A finished base in its folder: reads, checks and lists the results of builds of either
  artefact.
* ``freeze`` -- Freezes the client with PyInstaller: a reproducible folder with OneSeat.exe.
* ``inputs`` -- The inputs of a base as they were when they were collected; the build id is their hash.
* ``installer`` -- Compiles the unsigned installer with makensis, from the signed client, the charter and the
  template.
* ``launcher`` -- Compiles the launcher with makensis: the program in front of the client, which checks the
  client's files.
* ``names`` -- The client's version, and the names of an exam that are fixed in its build.
* ``provenance`` -- Provenance of a base: an in-toto statement with an SLSA predicate, signed by the batch
  key.
* ``rendered`` -- Digests of the files that the tools are given: specification, version resource, scripts for
  makensis.
* ``reserving`` -- Writes a base, installer or phone app: a signed file with an empty licence region.
* ``rules`` -- The charter's rules that the installer applies before the client can run.
* ``sbom`` -- Generates software bills of materials (SBOM) as CycloneDX 1.6 in JSON: the client's, and others'
  frame.
* ``signed_files`` -- Signs every unsigned Windows program of a folder; compares signed copies with their
  unsigned files.
* ``templates`` -- Renders the templates of a build, with escaping for each language.
* ``uninstaller`` -- Exchanges the uninstaller for its signed copy while makensis runs (`!uninstfinalize`).
"""
