"""The base installer: collects inputs, freezes the client, compiles, signs and checks the installer.

Modules:

* ``artwork`` -- Draws the installer's icon and bitmaps: `python -m oneseat.pipeline.base.artwork` writes them
  anew.
* ``builder`` -- The base installer: built once per exam, cached by its inputs, verified by building it again.
* ``current_base`` -- The base of a project as it is now: its inputs, its code signing, its builder, and the
  one built last.
* ``errors`` -- Refusals of building a base, and those that the installer itself shows on a candidate's
  computer.
* ``freeze`` -- Freezing the client: Python sources in, a folder with OneSeat.exe out, the same bytes every
  time.
* ``inputs`` -- What a base is made of, staged and hashed: the build id is the hash of everything here.
* ``installer`` -- Compiling the installer: the signed client, the charter and the template in, an unsigned
  installer out.
* ``provenance`` -- Where a base comes from: an in-toto statement with SLSA provenance, signed by the batch
  key.
* ``reserving`` -- Writes the base installer: a signed installer with an empty licence region in its signature
  block.
* ``rules`` -- What of an exam's charter the installer must know before the client can run.
* ``sbom`` -- The client's bill of materials, as CycloneDX 1.6 in JSON: what a candidate installs, and who
  made it.
* ``templates`` -- Rendering the templates of a build, with what each language needs escaped.
* ``uninstaller`` -- What makensis runs on the uninstaller it has made (`!uninstfinalize`), before it packs
  it.
"""
