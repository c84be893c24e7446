"""Windows implementations, with ctypes and the registry only: computer, health probes, session helpers.

Modules:

* ``browser_process`` -- Finds and ends the browser of one profile folder by the window through which Chromium
  itself finds it.
* ``browsers`` -- Browser probe for Windows: finds Edge and Chrome, their versions, and the policies in force
  for them.
* ``camera`` -- Takes one picture with a camera, by Media Foundation.
* ``computer`` -- Windows implementation of the Computer protocol: DPAPI and known folders.
* ``device_io`` -- Sends control codes to devices, by DeviceIoControl on a handle without access rights.
* ``devices`` -- Device probe for Windows: lists cameras and microphones, and reads privacy settings.
* ``displays`` -- Display probe for Windows: screens, remote session, power and sleep.
* ``microphone`` -- Records a second with the default microphone, by the waveform audio functions.
* ``probes`` -- Creates all probes for the operating system that the program runs on.
* ``processes`` -- Lists processes by a snapshot of their names, and looks up session and program of one.
* ``registry`` -- Reads registry keys; a missing key is empty, a forbidden one raises.
* ``services`` -- Lists services and drivers by the service control manager; any account may do it.
* ``sessions`` -- Opener for Windows: starts the browser or a program, prevents sleep, and has the client
  started at logon.
* ``shared_folder`` -- Creates the shared state folders with an access list of their own; sets folders of
  other accounts aside.
* ``shutdown`` -- Asks Windows to wait with a shutdown and tells the person at the computer why; counts
  wake-ups meanwhile.
* ``sight`` -- The guard's probe for Windows: names of programs with windows, screens, clipboard counter,
  power, clocks.
* ``single_window`` -- Keeps the client to one window for each installation and logon session.
* ``sleep`` -- Reads two clocks of Windows, of which one stops while the computer sleeps.
* ``software`` -- Software probe for Windows: processes, services, installed programs, virus scanners.
* ``system`` -- System probe for Windows: version, memory, disks, boot menu, firmware, updates.
* ``traits`` -- Reads the sources of the fingerprint traits: registry, firmware, disk and volume.
* ``version_resource`` -- Reads the version resource of a program's file: its version, and the name that its
  maker gave it.
"""
