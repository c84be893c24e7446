"""Windows implementations, by ctypes and the registry alone: computer, health probes, session helpers.

Modules:

* ``camera`` -- One picture of a camera, by Media Foundation.
* ``computer`` -- What Windows answers to :class:`oneseat.client.computer.protocol.Computer`, by ctypes alone.
* ``device_io`` -- Questions to Windows' devices: DeviceIoControl on a handle without any rights.
* ``devices`` -- What Windows says of cameras and microphones, and who may use them.
* ``displays`` -- What Windows says of screens, the session, and power.
* ``installed_probes`` -- The probes of the computer that the program runs on; nothing that ships uses others.
* ``microphone`` -- A second of the default microphone, by the wave functions of Windows.
* ``probes`` -- The real answers to every probe, for the computer that the program runs on.
* ``registry`` -- Reading the registry: what is absent or forbidden is told apart from what is there.
* ``services`` -- Services and drivers, as the service control manager lists them to any account.
* ``sessions`` -- What Windows does for a door: a browser, a program, and no sleep meanwhile.
* ``software`` -- What runs on this Windows and what is installed, as any account sees it.
* ``system`` -- What Windows says of itself, its hardware and its settings; by ctypes and the registry.
* ``traits`` -- Where the traits come from on Windows: registry, firmware, disk and volume; never the
  environment.
"""
