"""The phone app: compiles, signs and checks the APK that all candidates share.

Modules:

* ``apk_signing`` -- Signs APKs with apksigner, by the APK Signature Schemes v2 and v3, and verifies them with
  it.
* ``artwork`` -- Draws the phone app's icon as vectors: `python -m oneseat.pipeline.phone.artwork` writes the
  files.
* ``builder`` -- Builds the phone app that all candidates share, cached by a hash of its inputs.
* ``compiling`` -- Compiles the unsigned APK: Java to bytecode, resources to binary XML, all into one aligned
  ZIP file.
* ``current_phone`` -- Collects a project's inputs of the phone app, creates its builder, and opens the last
  app.
* ``errors`` -- Refusals of building and signing the phone app.
* ``facts`` -- The facts of an exam that are fixed in its phone app: names, the room's address, the
  application id.
* ``inputs`` -- The inputs of a phone app as they were when they were collected; the build id is their hash.
* ``reproducing`` -- Verifies a phone app by building it again: every stage, and the file where its signing
  key is at hand.
* ``sbom`` -- Generates the phone app's software bill of materials: no library ships, and its tools are
  excluded.
* ``signing_key`` -- Opens the RSA key that signs the phone app, with its certificate in PKCS#12; creates one
  for development.
* ``templates`` -- Paths of the phone app's sources, and their rendering with escaping for XML and Android's
  resources.
* ``toolchain`` -- The programs that build the phone app, for `doctor` and the build id: JDK, dx, aapt2,
  zipalign, apksigner.
"""
